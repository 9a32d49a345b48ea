"""What happens to rows in a program, as rules ask about it: one list for each kind of event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from ..facts.expressions import Call
from .provenance import Fit, Split, Spot, Thing
from .value import Value

Event = TypeVar("Event")


class Fitting(NamedTuple):
    """Something learns from rows.

    Attributes:
        fit: What is learned.
        data: The features.
        target: What it is taught, if anything.
        thing: The estimator, where it is known.
        call: The call.
    """

    fit: Fit
    data: Value
    target: Value
    thing: Thing | None
    call: Call | None

    @property
    def is_of_model(self) -> bool:
        """Whether what learns is a model, rather than what encodes or scales."""
        return self.fit.kind in ("model", "unknown")


class Splitting(NamedTuple):
    """Rows are divided.

    Attributes:
        split: The split.
        name: The splitter's name in its library.
        data: What is divided; several arrays as items.
        call: The call, if it is one: its keywords say whether it shuffles, and so on.
        made: Where the splitter was constructed: ``KFold(5, shuffle=True)``.
    """

    split: Split
    name: str
    data: Value
    call: Call | None
    made: Call | None = None


class Evaluation(NamedTuple):
    """A fitted model meets rows.

    Attributes:
        spot: Where.
        how: ``predict``, ``score``, ``validation`` (in a fit), or ``handed``: to something unknown,
            to a caller or an attribute, from where it may get anywhere.
        data: The features.
        target: The truth that they are scored against, where it is in the same call.
        thing: The model, where it is known.
        fits: What the model was fitted on then.
        call: The call.
        choosers: Of a validation: what chooses an epoch or a rate by it, such as EarlyStopping.
    """

    spot: Spot
    how: str
    data: Value
    target: Value
    thing: Thing | None
    fits: frozenset[Fit]
    call: Call | None
    choosers: tuple[Spot, ...] = ()


class Validation(NamedTuple):
    """Rows are cross-validated by a library: ``cross_val_score``, ``GridSearchCV(…).fit``.

    Attributes:
        spot: Where.
        name: Of what does it.
        data: The features.
        target: The target.
        call: The call.
        things: What is cross-validated, where it is known.
    """

    spot: Spot
    name: str
    data: Value
    target: Value
    call: Call
    things: frozenset[Thing] = frozenset()


class Measurement(NamedTuple):
    """A metric is computed: ``accuracy_score(y_test, predicted)``.

    Attributes:
        spot: Where.
        name: The metric's name in its library.
        arguments: What it was handed.
        call: The call.
    """

    spot: Spot
    name: str
    arguments: tuple[Value, ...]
    call: Call


class Choice(NamedTuple):
    """One of several is chosen by its score.

    Attributes:
        spot: Where.
        how: ``compared`` with the best so far, ``picked`` by ``max``, ``argmax`` or a sort,
            ``searched`` by a library, ``drawn`` to be picked by eye.
        scores: The scores.
    """

    spot: Spot
    how: str
    scores: frozenset[Fit]


class Grouping(NamedTuple):
    """Rows are grouped by columns.

    Attributes:
        spot: Where.
        data: The rows.
        keys: The columns.
    """

    spot: Spot
    data: Value
    keys: frozenset[str]


@dataclass
class Events:
    """All that happened, in the order in which it was first met; each once."""

    fittings: list[Fitting] = field(default_factory=list)
    splittings: list[Splitting] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    groupings: list[Grouping] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    groups: set[Split] = field(default_factory=set)  # masks that choose another group each round
    _seen: set[tuple[object, ...]] = field(default_factory=set, repr=False)

    def fitting(self, event: Fitting) -> None:
        """Note that something learns."""
        self._add(self.fittings, event, event.fit, event.data)

    def splitting(self, event: Splitting) -> None:
        """Note that rows are divided."""
        self._add(self.splittings, event, event.split, event.data)

    def evaluation(self, event: Evaluation) -> None:
        """Note that a model meets rows."""
        self._add(self.evaluations, event, event.spot, event.how, event.data, event.fits)

    def validation(self, event: Validation) -> None:
        """Note that rows are cross-validated."""
        self._add(self.validations, event, event.spot, event.data)

    def measurement(self, event: Measurement) -> None:
        """Note that a metric is computed."""
        self._add(self.measurements, event, event.spot, event.arguments)

    def choice(self, event: Choice) -> None:
        """Note that something is chosen by its score."""
        self._add(self.choices, event, event.spot, event.scores)

    def grouping(self, event: Grouping) -> None:
        """Note that rows are grouped."""
        self._add(self.groupings, event, event.spot)

    def _add(self, events: list[Event], event: Event, *identity: object) -> None:
        key = (type(event), *identity)
        if key not in self._seen:
            self._seen.add(key)
            events.append(event)
