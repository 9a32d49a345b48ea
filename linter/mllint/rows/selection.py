"""Which rows and columns a subscript, mask or index chooses."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace

from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Name,
    Operation,
    Sequence,
    Slice,
    Subscript,
    subexpressions,
)
from .columns import AnyOf, Table, column_names
from .ordering import slides
from .provenance import COMPLEMENTS, TEST, TRAIN, Fit, Mark, Origin, Region, Split, Step, are_apart
from .spelling import spelled
from .tabulation import ONE, Tabulation, literal_of
from .value import NO_REGIONS, NONE, NOTHING, Value, joined

INDEXERS = frozenset({"loc", "iloc", "ix", "at", "iat"})
# Attributes that hold the same rows, or give access to them; any other may be a column.
SAME = frozenset(
    {"values", "T", "index", "str", "cat", "sparse", "array", "data", "real", "flat", "A", "dt"}
    | {"plot", "style", "device", "grad", "attrs"}
)

LABELS = frozenset({"<index>"})  # the columns of an index: labels of rows, which teach nothing


def complement(step: Step) -> Step:
    """Return the other side of a step, as ``~mask`` and ``drop(index)`` choose it."""
    match step.side:
        case (str(operator), right) if operator in COMPLEMENTS:
            return Step(step.split, (COMPLEMENTS[operator], right))
        case str(side) if side.startswith(TRAIN):
            return Step(step.split, TEST)
        case str():
            return Step(step.split, TRAIN)
        case ("bounds", lower, None):
            return Step(step.split, ("bounds", None, lower))
        case ("bounds", None, upper):
            return Step(step.split, ("bounds", upper, None))
    return Step(step.split, ("not", step.side))


def steps_of(key: Value, base: Value) -> tuple[Step, ...]:
    """Return the parts that an index or mask picks out of a value."""
    known = {step for region in base.regions for step in region.path}
    chosen = dict.fromkeys(key.picks)
    for region in key.regions:
        chosen |= dict.fromkeys(region.path)
    return tuple(
        step
        for step in chosen
        if step not in known
        # An index that may be of either side is of none that is known.
        and not any(step.split == other.split and are_apart(step, other) for other in chosen)
    )


def is_vocabulary(value: Value) -> bool:
    """Tell whether a value was learned from texts: what is looked up in it stands for its rows."""
    return any(mark.fit.kind == "vocabulary" for mark in value.marks)


def is_of_rows(index: Value, base: Value) -> bool:
    """Tell whether an index picks rows of a value, rather than columns by unknown names."""
    mine = {region.origin for region in base.regions}
    return bool(index.picks) or (
        index.columns is not None
        and any(each.origin in mine for each in index.regions)
        and not any(mark.fit.kind == "distinct" for mark in index.marks)
    )


class Selection(Tabulation):
    """The part of the interpreter that knows subscripts and comparisons."""

    @abstractmethod
    def measured(self, name: str, arguments: Iterable[Value], part: Expression) -> Value:
        """Return the score of predictions."""

    @abstractmethod
    def taken_of_ranking(self, value: Value, place: object) -> None:
        """Note that the first or the last is taken of what is ordered by its scores."""

    def subscript(self, expression: Subscript) -> Value:
        """Return ``value[key]``."""
        value, key = expression
        if isinstance(value, Attribute) and value.attr == "shape" and key == Constant(0):
            return Value(counted=self.evaluate(value.value).flat.regions)
        if isinstance(value, Attribute) and value.attr in INDEXERS:
            base = self.evaluate(value.value)
            rows, columns = key, None
            if isinstance(key, Sequence) and key.kind == "tuple" and key.items:
                rows, columns = key.items[0], (*key.items[1:], None)[0]
            chosen = self.chosen(base, rows, expression, is_loc=True)
            chosen = self.sampled(chosen, rows, expression)
            return chosen if columns is None else self.of_columns(chosen, columns)
        base = self.evaluate(value)
        if isinstance(key, Sequence) and key.kind == "tuple" and key.items:
            chosen = self.chosen(base, key.items[0], expression, is_loc=True)
            chosen = self.sampled(chosen, key.items[0], expression)
            for each in key.items[1:]:
                chosen = self.of_columns(chosen, each)
            return chosen if len(key.items) < 3 else self.tabled(chosen, None, expression)
        chosen = self.chosen(base, key, expression)
        is_array = base.items is None and base.table is not None and base.table.is_array
        return self.sampled(chosen, key, expression) if is_array else chosen

    def chosen(self, base: Value, key: Expression, part: Expression, is_loc: bool = False) -> Value:
        """Return what a key chooses: rows by slice or index, columns by name, or an item.

        Args:
            base: What is subscripted.
            key: The key.
            part: The subscript.
            is_loc: Whether the key means rows in any case: of ``df.loc[key]``, ``x[key, :]``.
        """
        if isinstance(key, Slice):
            return self.sliced(base, key, part)
        index = self.evaluate(key)
        self.taken_of_ranking(base, index.literal)
        if index.literal is not None and base.items is not None:
            return base.item(index.literal)
        names = column_names(index.literal)
        if names is not None:
            if is_loc:
                return base
            found = self.named(base, names)
            is_sure = not isinstance(index.literal, AnyOf)
            return self.shaped(found if is_sure else replace(found, table=None), part)
        if base.items is not None and not (index.picks or index.regions):
            return joined((base.item(None), replace(base, items=None)))
        if isinstance(index.literal, int) and not isinstance(index.literal, bool):
            return self.numbered(base, index.literal) if not is_loc else base
        if index.regions and not base.regions and is_vocabulary(base):  # vectors of one text
            return self.as_sample(replace(base, regions=index.regions), part, "text")
        found = self.indexed(base, index)
        if is_loc or is_of_rows(index, base):
            return found
        return self.tabled(found.of_unknown_columns(), None, part)

    def indexed(self, base: Value, index: Value) -> Value:
        """Return what an index array, mask, or computed list of columns chooses."""
        for step in steps_of(index, base):
            base = base.narrowed(step)
        if index.regions or index.picks:
            return base.carrying(m for m in index.marks if m.fit.kind == "duplication")
        return base.carrying(index.marks)

    def numbered(self, base: Value, number: int) -> Value:
        """Return item `number`; of what is not known to be rows, the items are told apart."""
        base = replace(base, table=base.table and base.table.item(number))
        if base.marks or base.columns is not None:
            return base
        regions = frozenset(
            Region(region.origin._replace(path=(*region.origin.path, number)))
            if region.origin.kind == "made" and not region.path and len(region.origin.path) < 4
            else region
            for region in base.regions
        )
        return replace(base, regions=regions, literal=None)

    def named(self, base: Value, names: frozenset[str]) -> Value:
        """Return some columns of rows; of an unknown dictionary, an item."""
        known = base.columns
        if known is not None and not names <= known and not base.regions:
            return NOTHING
        return base.of_columns(names)

    def of_columns(self, base: Value, key: Expression) -> Value:
        """Return the columns that the second key of ``x[rows, key]`` chooses."""
        if isinstance(key, Slice):
            return self.at_positions(base, key, None)
        index = self.evaluate(key)
        names = column_names(index.literal)
        if names is not None:
            found = base.of_columns(names)
            is_sure = not isinstance(index.literal, AnyOf)
            return self.shaped(found if is_sure else replace(found, table=None), key)
        if index.literal is None and not index.regions:
            base = base.of_unknown_columns()
        base = self.at_positions(base, key, index)
        return base.carrying(index.marks) if not index.regions else base

    def sliced(self, base: Value, key: Slice, part: Expression) -> Value:
        """Return ``base[lower:upper]``."""
        lower, upper = self.bound(key.lower), self.bound(key.upper)
        if lower == 0:
            lower = None
        if lower is None and upper == 1:
            self.taken_of_ranking(base, 0)
        if (
            base.items is not None
            and (lower is None or isinstance(lower, int))
            and (upper is None or isinstance(upper, int))
        ):
            known = [value for index, value in base.items if index is not None]
            if len(known) == len(base.items):
                kept = known[slice(lower, upper)]
                part_of = slice(lower, upper)
                names = base.literal[part_of] if isinstance(base.literal, tuple) else None
                return replace(base, items=tuple(enumerate(kept)), literal=names)
        if lower is None and upper is None:
            return base
        found = self.taken_apart(base, key, part) or self.bounded(base, lower, upper, part)
        if self.loops and slides(key, self.counters.get(self.activation.scope, set())):
            rows = base.flat
            fit = Fit("lag", "window", self.spot(part), rows.regions, True, rows.columns)
            self.samples.add(fit.spot)
            found = found.carrying([Mark(fit, rows.columns)])
        return found

    def taken_apart(self, base: Value, key: Slice, part: Expression) -> Value | None:
        """Return one of the parts that rows were put together from: ``both[:len(train)]``.

        None if the slice cuts elsewhere, or more is known of the rows than that.
        """
        bound = key.upper if key.lower is None else key.lower if key.upper is None else None
        first = self.evaluate(bound).counted if bound is not None else NO_REGIONS
        rest = base.regions - first
        if not first or not rest or not first <= base.regions or base.items is not None:
            return None
        if {each.origin for each in first} & {each.origin for each in rest}:
            return None
        side, regions = ("first", first) if key.lower is None else ("rest", rest)
        origins = frozenset(each.origin for each in base.regions)
        step = Step(Split("files", origins, self.spot(part)), side)
        return replace(base, regions=regions, literal=None).narrowed(step)

    def sampled(self, chosen: Value, key: Expression, part: Expression) -> Value:
        """Return the rows that a counter chooses: one sample, ``x[i, :, :]`` in a loop."""
        counters = self.counters.get(self.activation.scope, set())
        if not (self.loops and isinstance(key, Name) and key.id in counters and chosen.regions):
            return chosen
        return self.as_sample(chosen, part, key.id)

    def bounded(self, base: Value, lower: object, upper: object, part: object) -> Value:
        """Return the rows between two bounds."""
        split = Split("slice", "rows", self.spot(part))
        return replace(base.narrowed(Step(split, ("bounds", lower, upper))), columns=base.columns)

    def bound(self, expression: Expression | None) -> object:
        """Return a slice's bound: a number or text where it is one, else how it is written."""
        if expression is None:
            return None
        literal = self.evaluate(expression).literal
        if isinstance(literal, int | str):
            return literal
        return ("text", spelled(expression))

    def attribute(self, base: Value, attr: str, expression: Attribute) -> Value:
        """Return ``base.attr`` of what holds rows or was computed from them."""
        if attr in INDEXERS or attr in SAME:
            if attr == "index" and base.regions:
                return replace(base, marks=frozenset(), literal=None, columns=LABELS, table=None)
            return self.at_attribute(base, attr, expression)
        if attr in ONE and base.table is not None and base.table.column is not None:
            return self.at_attribute(base, attr, expression)
        if self.meanings.of_method(attr) == "row-property":
            return NOTHING
        if base.regions and base.items is None:
            return self.shaped(base.of_columns(frozenset({attr})), expression)
        return base

    def comparison(self, expression: Compare) -> Value:
        """Return a comparison, which may serve as a mask."""
        values = [self.evaluate(expression.left)]
        values += [self.evaluate(right) for _, right in expression.rest]
        marks = frozenset(mark for value in values for mark in value.marks)
        if not values[0].regions and marks:  # of statistics: it chooses columns
            return Value(marks=marks)
        if len(expression.rest) != 1:
            return Value()
        operator, right = expression.rest[0]
        literal = values[1].literal
        truth = compared(operator, *values)
        if truth is not None:
            return Value(literal=truth)
        bound = literal if literal is not None else ("text", spelled(right))
        split = Split("mask", ("mask", spelled(expression.left)), self.spot(expression))
        is_of_truth = operator in ("==", "!=") and all(each.literal is None for each in values)
        hits = self.measured("==", values, expression) if is_of_truth else NOTHING
        guesses = frozenset(mark for mark in marks if mark.fit.kind in ("prediction", "look-ahead"))
        picks = frozenset({Step(split, (operator, bound))})
        # `chances > 0.5`, and whether a price will rise.
        found = Value(picks=picks, marks=hits.marks | guesses)
        if operator == "==" and self.changes_each_round(right):
            self.events.groups.add(split)
        return self.behind_comparison(values[0], values[1], found)

    def changes_each_round(self, expression: Expression) -> bool:
        """Tell whether a loop around hands another value to an expression in each of its rounds."""
        for each in subexpressions(expression):
            if not isinstance(each, Name):
                continue
            key = self.scope_of(each.id), each.id
            if self.loops and (key in self.rounds or self.depths.get(key)):
                return True
            if self.activation.loops and self.activation.is_parameter(each.id):
                return True
        return False

    def membership(self, call: Call, index: Value, base: Value) -> Value:
        """Return ``base.isin(index)``, a mask."""
        steps = steps_of(index, base)
        if steps:
            return Value(picks=frozenset(steps))
        split = Split("mask", ("in", spelled(call)), self.spot(call))
        return Value(picks=frozenset({Step(split, ("in", None))}))

    def operation(self, expression: Operation) -> Value:
        """Return the result of an operator."""
        values = [self.evaluate(each) for each in expression.operands]
        if expression.operator in ("~", "not"):
            found = values[0]
            if found.truth is not None:
                return Value(literal=not found.truth)
            return replace(found, picks=frozenset(complement(each) for each in found.picks))
        result = joined(values)
        if expression.operator in ("and", "or"):
            return replace(result, table=None)
        if expression.operator == "+" and all(each.items is not None for each in values):
            return self.added(values)
        literal = None
        if expression.operator == "-" and len(values) == 1 and isinstance(values[0].literal, int):
            literal = -values[0].literal
        items = None if result.regions or result.marks else result.items
        if items is not None and expression.operator != "|":  # of sets: some of these
            items = ((None, joined(each for _, each in items)),)
        marks = frozenset(
            Mark(mark.fit, None) if not value.regions else mark
            for value in values
            for mark in value.marks
        )
        columns = next((each.columns for each in values if each.regions), None)
        if columns is not None:
            marks = frozenset(Mark(m.fit, m.columns or columns) for m in marks)
        result = replace(
            result,
            literal=literal,
            items=items,
            marks=marks,
            columns=columns,
            counted=NO_REGIONS,
        )
        return self.behind_operator(values, expression, result)

    def added(self, values: list[Value]) -> Value:
        """Return one list behind another."""
        items = [each for value in values for _, each in value.items or ()]
        first = replace(joined(values), items=None, literal=None)
        keyed = all(isinstance(key, int) for value in values for key, _ in value.items or ())
        if keyed and len(items) < 20:
            return replace(first, items=tuple(enumerate(items)), literal=literal_of(items))
        return replace(first, items=((None, joined(items)),))

    def rows_dropped(self, base: Value, index: Value) -> Value:
        """Return ``base.drop(index)``: what is left of rows when some are taken away."""
        for step in steps_of(index, base):
            base = base.narrowed(complement(step))
        return base

    def fresh(self, value: Value, part: object, path: tuple[object, ...] = ()) -> Value:
        """Return a value as rows: those that begin here, if none are known."""
        if value.regions == NO_REGIONS and value.items is None and not value.marks:
            origin = Origin(self.spot(part), path)
            table = value.table or Table(frozenset({origin}))
            return replace(value, regions=frozenset({Region(origin)}), table=table)
        return value


def compared(operator: str, left: Value, right: Value) -> bool | None:
    """Return what a comparison of literals gives, of None too; None if that is not known."""
    is_same: bool | None = None
    if right.literal is NONE and (left.things or left.regions or left.items is not None):
        is_same = False
    elif isinstance(left.literal, AnyOf) or isinstance(right.literal, AnyOf):
        return None
    elif left.literal is not None and right.literal is not None:
        is_same = left.literal == right.literal
    if is_same is None or operator not in ("==", "!=", "is", "is not"):
        return None
    return is_same == (operator in ("==", "is"))


def constant_of(expression: Expression) -> object:
    """Return what a literal stands for: a constant, or a tuple of constants."""
    match expression:
        case Constant():
            return NONE if expression.value is None else expression.value
        case Sequence("list" | "tuple" | "set", items) if items and all(
            isinstance(each, Constant) for each in items
        ):
            return tuple(each.value for each in items if isinstance(each, Constant))
    return None
