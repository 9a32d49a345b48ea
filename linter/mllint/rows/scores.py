"""Scores of models, and what is chosen by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Lambda,
    Mapping,
    Name,
    Operation,
    Sequence,
    Star,
    Subscript,
    Template,
    Walrus,
    dotted,
    subexpressions,
)
from ..facts.statements import Assign, Handler, If, Statement, header, walk
from .columns import column_names
from .events import Choice
from .provenance import Fit, Mark, Region
from .selection import Selection, constant_of
from .value import NOTHING, Value, joined

ORDER = frozenset({"<", ">", "<=", ">="})
# Functions, and methods of what holds scores, that give the best of them.
BEST = frozenset({"max", "min", "sorted", "argmax", "argmin", "amax", "amin", "nanmax", "nanmin"})
BEST |= {"nlargest", "nsmallest", "argsort", "nanargmax", "nanargmin"}
BOUNDS = frozenset({"max", "min"})
NUMBERS = BOUNDS | {"amax", "amin", "nanmax", "nanmin"}
# Calls that tell or keep what they are handed as it is.
TELLING = frozenset(
    {"print", "round", "float", "int", "str", "format", "append", "index", "write", "display"}
    | {"info", "debug", "warning", "log", "log_metric", "add_scalar", "dict"}
)
SORTS = frozenset({"sort", "sort_values"})
BEST_METHODS = frozenset({"idxmax", "idxmin", "sort_values", "sort", "most_common"}) | BEST
# These put all of them in order, to be told; whoever takes the first of them chooses.
RANKINGS = SORTS | {"sorted", "argsort", "nlargest", "nsmallest", "most_common"}
ENDS = (0, -1)


def sorted_by(table: Value, by: Expression | None) -> Value:
    """Return what a table is sorted by: the columns that are named, where they are known."""
    names = column_names(constant_of(by)) if by is not None else None
    for rows in (table, table.item(None)):  # columns of rows, or rows of columns
        known = dict(rows.items or ())
        if names is not None and all(name in known for name in names):
            return joined(known[name] for name in names)
    return table


def scores_in(values: Iterable[Value]) -> frozenset[Fit]:
    """Return the scores that some values hold."""
    marks = (mark.fit for value in values for mark in value.flat.marks)
    return frozenset(fit for fit in marks if fit.kind == "score")


class Scores(Selection):
    """The part of the interpreter that knows scores."""

    def score(
        self,
        name: str,
        rows: frozenset[Region],
        fits: frozenset[Fit],
        part: Expression,
        is_predicted_again: bool = True,
    ) -> Value:
        """Return a score: a number that holds no rows, but comes from them.

        One model that predicts again and again meets other features each time, as when its features
        are permuted; that chooses none.
        """
        is_of_one = is_predicted_again and fits and not any(each.is_repeated for each in fits)
        is_repeated = self.is_in_loop and not is_of_one
        fit = Fit("score", name, self.spot(part), rows, of=fits, is_repeated=is_repeated)
        return Value(marks=frozenset({Mark(fit)}))

    def measured(self, name: str, arguments: Iterable[Value], part: Expression) -> Value:
        """Return the score of predictions: ``accuracy_score(y_test, predicted)``."""
        predictions = [
            mark.fit
            for value in arguments
            for mark in value.flat.marks
            if mark.fit.kind == "prediction"
        ]
        fits = frozenset(fit for each in predictions for fit in each.of)
        rows = frozenset(region for each in predictions for region in each.learned)
        is_again = all(each.is_repeated for each in predictions)
        return self.score(name, rows, fits, part, is_again) if predictions else NOTHING

    def best_of(self, call: Call) -> Value | None:
        """Carry out a call that gives the best of some scores; None if there are none."""
        function = call.func
        if not isinstance(function, Name | Attribute):
            return None
        if function[-1] not in (BEST if isinstance(function, Name) else BEST_METHODS):
            return None
        values = [self.evaluate(each) for each in call.args]
        if function[-1] in BOUNDS and any(each.literal is not None for each in values):
            return None  # max(x, 0) is a bound
        if isinstance(function, Attribute):
            receiver = self.evaluate(function.value)
            if function[-1] in SORTS:  # np.sort(x) puts numbers in order, and names nothing
                values = [sorted_by(receiver, call.argument("by", 0))]
            else:
                values.append(receiver)
        key, first = call.keyword("key"), values[0] if values else NOTHING
        values = self.compared_by(key, values)
        scores = scores_in(values)
        if not scores:  # by something else, one of them is taken as it is
            is_one = key is not None and function[-1] in BOUNDS and len(call.args) == 1
            return first.item(None) if is_one and first.items else None
        if function[-1] in RANKINGS and not any(each.literal == 1 for each in values):
            return self.ranked(call, scores)
        is_number = function[-1] in NUMBERS and key is None
        if not is_number or is_kept(call, self.activation.statement):
            self.events.choice(Choice(self.spot(call), "picked", scores))
        return Value(marks=frozenset(Mark(each) for each in scores))

    def compared_by(self, key: Expression | None, values: list[Value]) -> list[Value]:
        """Return what some values are compared by: themselves, or what a key makes of them."""
        if isinstance(key, Attribute):  # max(scores, key=scores.get)
            return [*values, self.evaluate(key.value)]
        if not isinstance(key, Lambda) or not values:
            return values
        each = joined((values[0].item(None), values[0]))
        self.loops += 1
        found = self.call_handed(key, [each])
        self.loops -= 1
        asked = key.body.key if isinstance(key.body, Subscript) else None
        name = constant_of(asked) if asked is not None else None
        is_known = name is not None and name in dict(values[0].item(None).items or ())
        return [found] if is_known or scores_in([found]) else [*values, found]

    def ranked(self, call: Call, scores: frozenset[Fit]) -> Value:
        """Return what is ordered by its scores."""
        function = call.func
        ranking = Fit("ranking", str(function[-1]), self.spot(call), frozenset(), of=scores)
        found = Value(marks=frozenset(Mark(each) for each in (ranking, *scores)))
        is_in_place = call.keyword("inplace") == Constant(True) or function[-1] == "sort"
        if is_in_place and isinstance(function, Attribute):
            self.change(function.value, found)
        return found

    def taken_of_ranking(self, value: Value, place: object) -> None:
        """Note that the first or the last is taken of what is ordered by its scores."""
        if place not in ENDS or isinstance(place, bool):
            return
        for mark in value.flat.marks:
            if mark.fit.kind == "ranking":
                self.events.choice(Choice(mark.fit.spot, "picked", mark.fit.of))

    def compared_with_best(self, statement: If) -> None:
        """Note that an ``if`` keeps what scores better than the best so far."""
        for part in subexpressions(statement.test):
            if not isinstance(part, Compare) or len(part.rest) != 1 or part.rest[0][0] not in ORDER:
                continue
            sides = (part.left, part.rest[0][1])
            if any(isinstance(each, Constant) for each in sides):
                continue
            scores = scores_in(self.evaluate(each) for each in sides)
            kept = {dotted(each) for each in assigned(statement)}
            if scores and any(base_of(each) in kept for each in sides):
                self.events.choice(Choice(self.spot(part), "compared", scores))


def is_kept(call: Call, statement: Statement | Handler | None) -> bool:
    """Tell whether the best number is told or kept, rather than only computed with.

    An axis that ends at 1.1 times the best score chooses nothing.
    """
    return statement is not None and any(call is each for each in as_it_is(header(statement)))


def as_it_is(expression: object) -> Iterator[object]:
    """Yield an expression, and those of which it tells the value unchanged."""
    yield expression
    inside: tuple[object, ...] = expression if type(expression) is tuple else ()
    match expression:
        case Sequence(_, items):
            inside = items
        case Mapping(pairs):
            inside = tuple(value for _, value in pairs)
        case Template(parts):
            inside = parts
        case Conditional(_, body, orelse):
            inside = (body, orelse)
        case Compare(left, rest):
            inside = (left, *(each for _, each in rest))
        case Subscript(value, key):
            inside = (value, key)
        case Walrus(_, value) | Attribute(value, _) | Lambda(_, value) | Star(value):
            inside = (value,)
        case Operation("%" | "*", operands) if any(isinstance(e, Constant) for e in operands):
            inside = operands  # a percentage, or a text to be filled in
        case Call(Name() | Attribute() as function, args, keywords) if function[-1] in TELLING:
            inside = (*args, *(value for _, value in keywords))
            if isinstance(function, Attribute):
                inside = (function.value, *inside)
    for each in inside:
        yield from as_it_is(each)


def assigned(statement: If) -> Iterable[Expression]:
    """Yield what the body of an ``if`` assigns, a container for its items."""
    for each in walk(statement.body):
        for target in each.targets if isinstance(each, Assign) else ():
            for inner in target.items if isinstance(target, Sequence) else (target,):
                yield inner.value if isinstance(inner, Subscript) else inner


def base_of(expression: Expression) -> str:
    """Return what holds a value: ``best`` of ``best["score"]``."""
    inside = expression.value if isinstance(expression, Subscript) else expression
    return dotted(inside) or "?"
