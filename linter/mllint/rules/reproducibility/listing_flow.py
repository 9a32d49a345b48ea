"""Where the order of a file listing goes in one function, and where it comes to matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import (
    Attribute,
    Call,
    Comprehension,
    Expression,
    Name,
    Operation,
    Sequence,
    Slice,
    Subscript,
    calls,
    dotted,
    last_name,
    subexpressions,
)
from ...facts.statements import Assign, Body, Evaluate, For, Statement, Update, header, walk
from ...knowledge import Knowledge
from ...program.evaluation import Evaluator
from ...program.values import Frame, Library

SHUFFLES = frozenset({"random.shuffle", "random.sample", "numpy.random.shuffle"}
                     | {"numpy.random.permutation", "numpy.random.choice"})  # fmt: skip


class Listing(NamedTuple):
    """A call whose result has no order of its own."""

    statement: Statement
    call: Call


class Use(NamedTuple):
    """Where the order of a listing matters.

    Attributes:
        listing: The listing.
        statement: Where.
        what: What depends on it.
    """

    listing: Listing
    statement: Statement
    what: str


class ListingFlow:
    """Follows listings through the names of one function.

    Args:
        frame: The function.
        indexed: Attributes, ``self.files``, whose items the class takes by position.
    """

    def __init__(
        self, frame: Frame, evaluator: Evaluator, knowledge: Knowledge, indexed: frozenset[str]
    ) -> None:
        self.frame = frame
        self.evaluator = evaluator
        self.knowledge = knowledge
        self.indexed = indexed
        self.spellings = frame.module.spellings(*knowledge.last_names("listing", "order-keeping"))
        self.unordered: dict[str, Listing] = {}
        self.counters: set[str] = set()  # that a loop steps through a listing with

    def uses(self, body: Body) -> Iterator[Use]:
        """Yield where order matters, in the order of the source."""
        for statement in walk(body):
            yield from self.sinks(statement)
            match statement:
                case Assign(_, targets, value) if value is not None:
                    yield from self.assigned(statement, targets, value)
                case Update(_, target, "+", value):
                    self.note(dotted(target), self.listing_in(value, statement))
                case Evaluate(_, Call(Attribute(owner, "sort"))):
                    self.unordered.pop(dotted(owner), None)
                case For(_, target, iterable, inside):
                    if isinstance(target, Name) and is_range(iterable):
                        self.counters.add(target.id)
                    found = self.listing_in(iterable, statement)
                    if found is not None:
                        yield from self.looped(found, statement, target, inside)

    def assigned(
        self, statement: Statement, targets: tuple[Expression, ...], value: Expression
    ) -> Iterator[Use]:
        """Carry the order of a value to the names that it is given."""
        found = self.listing_in(value, statement)
        for target in targets:
            name = dotted(target)
            if found is None:
                self.unordered.pop(name, None)
                continue
            self.note(name, found)
            if name in self.indexed:
                yield Use(found, statement, f"the items of {name}, taken by position")

    def note(self, name: str, found: Listing | None) -> None:
        """Keep that a name has the order of a listing."""
        if name and found is not None:
            self.unordered[name] = found

    def looped(
        self, found: Listing, statement: For, target: Expression, inside: Body
    ) -> Iterator[Use]:
        """Carry the order of what a loop goes over to the lists that it fills."""
        counter = ""
        if isinstance(statement.iterable, Call) and last_name(statement.iterable) == "enumerate":
            match target:
                case Sequence(_, (Name(counter), *_)):
                    pass
        for each in walk(inside):
            match each:
                case Evaluate(_, Call(Attribute(owner, "append" | "extend"))):
                    name = dotted(owner)
                    self.note(name, found)
                    if name in self.indexed:
                        what = f"the items of {name}, taken by position"
                        yield Use(found, each, what)
                case Assign(_, (Subscript(table, _),), Name(given)) if counter and given == counter:
                    yield Use(found, each, f"the numbers in {dotted(table) or 'a table'}")

    def listing_in(self, expression: Expression | None, statement: Statement) -> Listing | None:
        """Return the listing whose order an expression has."""
        match expression:
            case Name() | Attribute():
                return self.unordered.get(dotted(expression))
            case Operation("+", operands):
                found = (self.listing_in(each, statement) for each in operands)
                return next((each for each in found if each is not None), None)
            case Comprehension("list" | "generator", _, loops):
                found = (self.listing_in(over, statement) for _, over, _ in loops)
                return next((each for each in found if each is not None), None)
            case Call(_, args) if last_name(expression) in self.spellings:
                names = self.names(expression)
                if self.knowledge.means("listing", names):
                    return Listing(statement, expression)
                if self.knowledge.means("order-keeping", names) and args:
                    made_of_set = isinstance(args[0], Call) and "builtins.set" in self.names(
                        args[0]
                    )
                    if made_of_set and isinstance(args[0], Call) and args[0].args:
                        return Listing(statement, args[0])
                    found = (self.listing_in(each, statement) for each in args)
                    return next((each for each in found if each is not None), None)
        return None

    def names(self, call: Call) -> list[str]:
        """Return the library names of what is called."""
        values = self.evaluator.evaluate(call.func, self.frame)
        return [each.name for each in values if isinstance(each, Library)]

    def sinks(self, statement: Statement) -> Iterator[Use]:
        """Yield the uses of order in a statement's own expressions."""
        parts = header(statement)
        for part in subexpressions(parts):
            match part:
                case Subscript(_, Slice(Name(counter), _)) if counter in self.counters:
                    continue  # piece by piece, all of them
                case Subscript(value, Slice(lower, upper)) if lower or upper:
                    found = self.listing_in(value, statement)
                    if found is not None and isinstance(statement, Assign):
                        yield Use(found, statement, "which files a part holds")
                case Comprehension(kind, element, ((target, Call() as over, _), *_)) if (
                    last_name(over) == "enumerate"
                    and over.args
                    and (kind == "dict" or is_counter(element, target))
                ):
                    found = self.listing_in(over.args[0], statement)
                    if found is not None:
                        yield Use(found, statement, "which number each name gets")
        for call in calls(parts):
            found_in = [self.listing_in(each, statement) for each in call.args]
            if all(each is None for each in found_in):
                continue  # of most calls it need not be known what they call
            names = self.names(call)
            if self.knowledge.means("split", names) or not SHUFFLES.isdisjoint(names):
                for found in found_in:
                    if found is not None:
                        yield Use(found, statement, f"what {dotted(call.func)} chooses")


def is_range(iterable: Expression) -> bool:
    """Tell whether a loop steps through numbers."""
    return isinstance(iterable, Call) and last_name(iterable) == "range"


def is_counter(expression: Expression, target: Expression) -> bool:
    """Tell whether an expression is the number that a loop over ``enumerate`` gives."""
    return isinstance(target, Sequence) and target.items[:1] == (expression,)
