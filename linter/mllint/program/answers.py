"""What is asked of calls, answered once for each, however many programs carry it out.

Programs of one project share most of what they carry out, and many rules ask all of it. So an
answer is kept with what was asked, and few calls pass: to find those of a program, sets are
compared, and its activities are not gone through.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from .activity import Activity, Site


class Order:
    """The activities of one program, in the order in which they were met.

    Args:
        activities: They, in order.
    """

    def __init__(self, activities: Iterable[Activity]) -> None:
        self.places = {activity: place for place, activity in enumerate(activities)}
        self.members = frozenset(self.places)

    def sorted(self, some: Iterable[Activity]) -> list[Activity]:
        """Return some of the activities in their order."""
        return sorted(some, key=self.places.__getitem__)


@dataclass(eq=False)
class Question:
    """One thing that is asked of calls.

    Attributes:
        asked: The activities of whose calls it was asked.
        passing: The calls that passed, where any did.
    """

    asked: set[Activity] = field(default_factory=set)
    passing: dict[Activity, tuple[Site, ...]] = field(default_factory=dict)


@dataclass(eq=False)
class Answers:
    """All that was asked of the calls of one project."""

    questions: dict[tuple[Hashable, ...], Question] = field(default_factory=dict)

    def passing(
        self, order: Order, test: Callable[..., bool], *context: Hashable
    ) -> Iterator[Site]:
        """Yield the calls of a program that pass a test.

        Args:
            order: The activities of the program.
            test: Takes a call and the context; its answer hangs on nothing else.
            context: What the test asks, such as the program.
        """
        key = (test, *context)
        question = self.questions.get(key)
        if question is None:
            question = self.questions[key] = Question()
        for activity in order.sorted(order.members - question.asked):
            question.asked.add(activity)
            found = tuple(site for site in activity.sites if test(site, *context))
            if found:
                question.passing[activity] = found
        for activity in order.sorted(order.members.intersection(question.passing)):
            yield from question.passing[activity]
