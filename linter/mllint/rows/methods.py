"""What methods do to the rows that they are called on: pandas' and NumPy's, mostly."""

from __future__ import annotations

from dataclasses import replace

from ..facts.expressions import Attribute, Call, Constant, Expression, Name, Operation
from .columns import column_names
from .estimators import Estimators
from .events import Grouping, Splitting
from .gaps import filling
from .machine import FILES
from .ordering import INDEX, timed, times_of
from .provenance import TEST, TRAIN, Fit, Mark, Split, Step
from .selection import LABELS, is_of_rows
from .value import NO_MARKS, NO_REGIONS, NOTHING, Value, container, joined

# Statistics that say nothing of the values' scale.
AGGREGATES = frozenset({"mean", "median", "std", "var", "min", "max", "sum", "count", "nunique"})

UNNAMED = frozenset({"<unnamed>"})  # a column of which the name is not known


def is_per_row(call: Call, position: int = 0) -> bool:
    """Tell whether a statistic is taken along each row: ``axis=1``."""
    axis = call.argument("axis", position)
    return (
        isinstance(axis, Constant) and axis.value in (1, -1, "columns") and axis.value is not True
    )


class Methods(Estimators):
    """The part of the interpreter that knows methods of tables and arrays."""

    table = NOTHING  # of which expressions of polars tell the columns

    def method(self, base: Value, name: str, call: Call) -> Value:
        """Carry out a method of what holds rows, or was computed from rows."""
        if self.change_list(base, name, call):
            return NOTHING
        found = self.result(base, name, call)
        return self.in_place(self.behind_method(base, name, call, found), call)

    def result(self, base: Value, name: str, call: Call) -> Value:
        """Return what a method gives."""
        special = {
            "drop": self.drop, "isin": self.isin, "sample": self.sample, "groupby": self.groupby,
            "group_by": self.groupby, "unique": self.distinct,
            "shift": self.shift, "rolling": self.rolling, "expanding": self.rolling,
            "ewm": self.rolling, "diff": self.shift, "pct_change": self.shift,
            "resample": self.resampled, "sort_values": self.sort_values,
            "sort_index": self.sort_values, "set_index": self.indexed_by,
            "assign": self.assigned, "pop": self.popped,
            "get": self.got, "take": self.taken, "skip": self.taken, "items": self.pairs,
            "iteritems": self.pairs, "values": self.contents, "apply": self.applied,
            "transform": self.applied, "pipe": self.applied, "agg": self.aggregated,
            "aggregate": self.aggregated, "append": self.appended, "fillna": self.filled,
            "repeat": self.repeated, "with_columns": self.expressed, "select": self.expressed,
            "bfill": self.filled_back, "backfill": self.filled_back, "insert": self.inserted,
            "iterrows": self.rows_of, "itertuples": self.rows_of,
            "ffill": self.filled_on, "pad": self.filled_on,
        }.get(name)  # fmt: skip
        if special is not None:
            found = special(base, call)
            if found is not None:
                return found
        meaning = self.meanings.of_method(name)
        arguments = self.arguments(call)
        if meaning == "display-method":
            if any(each.literal == 1 for each in arguments):  # head(1)
                self.taken_of_ranking(base, 0)
            path = arguments[0].literal if arguments and name.startswith("to_") else None
            if isinstance(path, str) and base.regions:
                self.state.set((FILES, path), base)
            return base if name in ("head", "tail") else NOTHING
        if meaning == "row-property":
            return NOTHING
        if meaning == "part-one":
            return self.parts_of_one(base, call, f".{name}")
        if meaning in ("statistic", "select-function"):
            return self.statistic(base, name, call, meaning)
        marks = frozenset(mark for value in arguments for mark in value.flat.marks)
        found = base.carrying(marks)
        if meaning == "join-method":
            found = replace(
                joined((found, *(value.flat for value in arguments))), groups=base.groups
            )
        return replace(found, literal=None)

    def in_place(self, value: Value, call: Call) -> Value:
        """Change the receiver, if ``inplace=True`` says so."""
        flag = call.keyword("inplace")
        if flag == Constant(True) and isinstance(flag, Constant):
            if isinstance(call.func, Attribute):
                self.change(call.func.value, value)
            return NOTHING
        return value

    def arguments(self, call: Call) -> list[Value]:
        """Return what is handed, functions' results among it."""
        return [self.evaluate(each) for each in call.args] + [
            self.evaluate(each) for _, each in call.keywords
        ]

    def statistic(self, base: Value, name: str, call: Call, meaning: str) -> Value:
        """Return what is computed over rows; along axis 1 it is still rows."""
        self.arguments(call)
        rows = base.flat
        if not rows.regions or rows.columns == LABELS:  # a statistic's, a mask's, an index's
            return Value(marks=rows.marks)
        if is_per_row(call):
            return replace(rows, columns=None)
        if self.is_sample(rows):
            return Value(marks=rows.marks)
        if base.is_windowed:  # rows again, each with a statistic of its neighbours
            return replace(rows, groups=None, is_windowed=False)
        if base.groups is not None:
            kind = "group-statistic"
        else:
            kind = "selection" if meaning == "select-function" else "statistic"
        fit = Fit(kind, name, self.spot(call), rows.regions, True, rows.columns)
        if base.groups is not None:  # rows of another kind: one for each group
            return replace(rows.carrying([Mark(fit)]), groups=None, columns=None)
        return Value(marks=frozenset({Mark(fit), *rows.marks}))

    def drop(self, base: Value, call: Call) -> Value | None:
        """Carry out ``drop``: of columns, or of rows by their index."""
        columns = call.keyword("columns")
        first = columns or call.argument("labels", 0)
        if first is None:
            return None
        index = self.evaluate(first)
        names = column_names(index.literal)
        if names is not None:
            return base.without_columns(names)
        if index.columns is not None and not index.regions:
            return base.without_columns(index.columns)
        if index.regions or index.picks:
            found = self.rows_dropped(base, index)
            is_of_columns = columns is not None or is_per_row(call, 1)
            if is_of_rows(index, base) and not is_of_columns:
                return found
            return replace(found, table=None)
        return replace(base.carrying(index.marks), table=None)

    def isin(self, base: Value, call: Call) -> Value | None:
        """Carry out ``isin``, which gives a mask."""
        return self.membership(call, joined(self.arguments(call)).flat, base)

    def sample(self, base: Value, call: Call) -> Value | None:
        """Carry out ``sample``: a part, unless it is all rows in another order."""
        fraction = call.argument("frac", 1)
        self.arguments(call)
        if isinstance(fraction, Constant) and fraction.value in (1, 1.0):
            return replace(base, literal=None)
        if base.groups is not None or not base.flat.regions:
            return base
        split = Split("sample", self.spot(call), self.spot(call))
        self.events.splitting(Splitting(split, "sample", base.flat, call))
        return base.narrowed(Step(split, TRAIN))

    def groupby(self, base: Value, call: Call) -> Value | None:
        """Carry out ``groupby``."""
        handed = self.arguments(call)
        names = column_names(handed[0].literal) if handed else None
        if names is not None:
            self.events.grouping(Grouping(self.spot(call), base.flat, names))
        return replace(base, groups=names or frozenset(), literal=None)

    def distinct(self, base: Value, call: Call) -> Value | None:
        """Carry out ``unique``: values of a column, which stand beside no row any more."""
        self.arguments(call)
        return self.rearranged(base, "distinct", "unique", call)

    def shift(self, base: Value, call: Call) -> Value | None:
        """Carry out ``shift``: rows get others' values, of before or of after."""
        periods = call.argument("periods", 0)
        literal = 1 if periods is None else self.evaluate(periods).literal
        if not isinstance(literal, int):
            literal = -1 if isinstance(periods, Operation) and periods.operator == "-" else 1
        kind = "look-ahead" if literal < 0 else "lag"
        assert isinstance(call.func, Attribute)
        return self.rearranged(base, kind, call.func.attr, call)

    def rolling(self, base: Value, call: Call) -> Value | None:
        """Carry out ``rolling`` and its kin: what is computed next is of each row's neighbours."""
        self.arguments(call)
        is_centred = call.keyword("center") == Constant(True)
        assert isinstance(call.func, Attribute)
        kind = "look-ahead" if is_centred else "lag"
        return replace(self.rearranged(base, kind, call.func.attr, call), is_windowed=True)

    def resampled(self, base: Value, call: Call) -> Value | None:
        """Carry out ``resample``, which groups rows by a span of time."""
        self.arguments(call)
        return replace(base, groups=frozenset(), literal=None)

    def sort_values(self, base: Value, call: Call) -> Value | None:
        """Carry out a sort; its mark tells by which columns."""
        handed = self.arguments(call)
        names = column_names(handed[0].literal) if handed else None
        assert isinstance(call.func, Attribute)
        name = call.func.attr
        by = INDEX if name == "sort_index" else names or frozenset()
        kind = "time-order" if by & times_of(base) else "sorting"
        return self.rearranged(base, kind, name, call, names)

    def indexed_by(self, base: Value, call: Call) -> Value | None:
        """Carry out ``set_index``: what labels the rows may be times."""
        handed = self.arguments(call)
        names = column_names(handed[0].literal) if handed else None
        if names is None or not names & times_of(base):
            return None
        return timed(replace(base, literal=None), "set_index", self.spot(call), INDEX)

    def rearranged(
        self, base: Value, kind: str, name: str, call: Call, columns: frozenset[str] | None = None
    ) -> Value:
        """Return rows with a mark of how they were rearranged."""
        fit = Fit(
            kind, name, self.spot(call), base.flat.regions, True, columns or base.flat.columns
        )
        return replace(base.carrying([Mark(fit, base.flat.columns)]), literal=None)

    def assigned(self, base: Value, call: Call) -> Value | None:
        """Carry out ``assign``, which adds columns."""
        for name, argument in call.keywords:
            value = self.column_function(base, argument)
            if name is not None:
                base = self.with_column(base, frozenset({name}), value, call)
        return base

    def inserted(self, base: Value, call: Call) -> Value | None:
        """Carry out ``insert(0, "name", values)``, which puts a column in."""
        handed = self.arguments(call)
        names = column_names(handed[1].literal) if len(handed) > 2 else None
        if names is None or not base.regions or not isinstance(call.func, Attribute):
            return None
        self.change(call.func.value, self.with_column(base, names, handed[2], call))
        return NOTHING

    def with_column(
        self, base: Value, names: frozenset[str] | None, value: Value, part: object
    ) -> Value:
        """Return rows with columns that hold another value."""
        flat = value.flat
        regions = base.regions or flat.regions
        kept = base if names is None else base.without_columns(names)
        marks = frozenset(Mark(m.fit, names or unnamed(m)) for m in flat.marks)
        columns = None if base.columns is None or names is None else base.columns | names
        return replace(
            kept,
            regions=regions,
            marks=kept.marks | marks,
            columns=columns,
            without=base.without - (names or frozenset()),
            table=base.table if names is None else self.put(base, names, value, part),
        )

    def popped(self, base: Value, call: Call) -> Value | None:
        """Carry out ``pop`` of a column or item."""
        names = column_names(joined(self.arguments(call)).literal)
        if names is None or base.items is not None:
            return None
        if isinstance(call.func, Attribute):
            self.change(call.func.value, self.shaped(base.without_columns(names), call))
        return base.of_columns(names)

    def got(self, base: Value, call: Call) -> Value | None:
        """Carry out ``get`` of an item."""
        handed = self.arguments(call)
        if base.items is None or not handed:
            return None
        return base.item(handed[0].literal)

    def taken(self, base: Value, call: Call) -> Value | None:
        """Carry out ``take(n)`` and ``skip(n)`` of tf.data, which slice."""
        if not call.args or not isinstance(call.func, Attribute) or call.keywords:
            return None
        index = self.evaluate(call.args[0])
        if index.regions or index.picks:
            return self.indexed(base, index)
        bound = self.bound(call.args[0])
        if call.func.attr == "take":
            return self.bounded(base, None, bound, call)
        return self.bounded(base, bound, None, call)

    def pairs(self, base: Value, call: Call) -> Value | None:
        """Carry out ``items`` of a dictionary."""
        if base.items is None:
            return None
        return container(
            container([Value(literal=key) if isinstance(key, str | int) else NOTHING, value])
            for key, value in base.items
        )

    def rows_of(self, base: Value, call: Call) -> Value | None:
        """Carry out ``iterrows``, which gives one row after the other."""
        assert isinstance(call.func, Attribute)
        if not base.regions or base.items is not None:
            return None
        row = self.as_sample(replace(base, literal=None), call, call.func.attr)
        each = row if call.func.attr == "itertuples" else container([NOTHING, row])
        return Value(items=((None, each),))

    def contents(self, base: Value, call: Call) -> Value | None:
        """Carry out ``values`` of a dictionary."""
        return None if base.items is None else container(value for _, value in base.items)

    def filled(self, base: Value, call: Call) -> Value | None:
        """Carry out ``fillna``: what fills the gaps of a table marks the columns that it names."""
        handed = joined(self.arguments(call)).flat
        if call.keyword("method") in (Constant("bfill"), Constant("backfill")):
            return self.filled_back(base, call)
        if call.keyword("method") in (Constant("ffill"), Constant("pad")):
            return self.filled_on(base, call)
        marks = [Mark(filling(m.fit, base), base.columns or m.fit.columns) for m in handed.marks]
        return replace(base, literal=None).carrying(marks)

    def expressed(self, base: Value, call: Call) -> Value | None:
        """Carry out ``with_columns`` of polars: within, ``pl.col`` means columns of these rows."""
        around, self.table = self.table, base
        handed = joined(self.arguments(call)).flat
        self.table = around
        return replace(base, literal=None).carrying(handed.marks)

    def filled_back(self, base: Value, call: Call) -> Value | None:
        """Carry out ``bfill``: gaps get the values of later rows."""
        self.arguments(call)
        is_filled = any(mark.fit.kind == "filled" for mark in base.marks)
        if is_per_row(call) or is_filled:  # behind ffill, gaps are left at the very beginning only
            return None
        return self.rearranged(base, "look-ahead", "bfill", call)

    def filled_on(self, base: Value, call: Call) -> Value | None:
        """Carry out ``ffill``: gaps get the values of earlier rows."""
        self.arguments(call)
        return None if is_per_row(call) else self.rearranged(base, "filled", "ffill", call)

    def repeated(self, base: Value, call: Call) -> Value | None:
        """Carry out ``repeat`` of an array, or of an index: rows are there more than once."""
        if not call.args or not base.regions:
            return None
        self.arguments(call)
        return self.rearranged(base, "duplication", "repeat", call)

    def applied(self, base: Value, call: Call) -> Value | None:
        """Carry out ``apply`` and its kin: a function of each column, row, group or value."""
        if not call.args:
            return None
        handed = self.evaluate(call.args[0])
        if base.is_windowed:
            return replace(base, is_windowed=False)
        if isinstance(handed.literal, str) and handed.literal in AGGREGATES:
            return self.broadcast(base, handed.literal, call)
        for argument in (*call.args[1:], *(value for _, value in call.keywords)):
            self.evaluate(argument)
        result = self.column_function(base, call.args[0], is_per_value(base, call))
        return replace(base, literal=None).carrying(result.flat.marks)

    def broadcast(self, base: Value, name: str, call: Call) -> Value:
        """Return ``transform("mean")``: each row gets a statistic of its group, or of all."""
        rows = base.flat
        kind = "statistic" if base.groups is None else "group-statistic"
        fit = Fit(kind, name, self.spot(call), rows.regions, True, rows.columns)
        return replace(base.carrying([Mark(fit)]), groups=None, literal=None)

    def aggregated(self, base: Value, call: Call) -> Value | None:
        """Carry out ``agg``: of groups, it gives rows of another kind."""
        self.arguments(call)
        return self.statistic(base, "agg", call, "statistic")

    def column_function(
        self, base: Value, function: Expression, is_per_value: bool = False
    ) -> Value:
        """Return what a function gives for rows; for each single value it can learn nothing."""
        argument = Value(literal=None) if is_per_value else replace(base, literal=None)
        return self.call_handed(function, [argument])

    def appended(self, base: Value, call: Call) -> Value | None:
        """Carry out ``append``: a list grows, a table gets more rows."""
        values = self.arguments(call)
        if isinstance(call.func, Attribute) and len(values) == 1 and not call.keywords:
            is_table = base.regions != NO_REGIONS and base.items is None
            if is_table and base.marks == NO_MARKS and base.columns is None and not values[0].items:
                return None
            if not is_table:
                place = len(base.items or ()) if self.is_of_this_round(call.func.value) else None
                known, name = base.literal, values[0].literal
                found = base.with_item(place, values[0])
                if isinstance(known, tuple) and isinstance(name, str) and place is not None:
                    found = replace(found, literal=(*known, name))
                self.change(call.func.value, found)
                return NOTHING
        return None

    def is_of_this_round(self, owner: Expression) -> bool:
        """Tell whether a list was made in this round of the loop: then it is known how it grows."""
        depth = None
        if isinstance(owner, Name):
            depth = self.depths.get((self.scope_of(owner.id), owner.id))
        return self.loops == (depth or 0)

    def parts_of_one(self, base: Value, call: Call, name: str) -> Value:
        """Return the parts of one dataset, the training part first."""
        base = self.fresh(base, call)
        split = Split("call", self.spot(call), self.spot(call))
        self.events.splitting(Splitting(split, name, base.flat, call))
        sides = (TRAIN, TEST, f"{TEST} 2", f"{TEST} 3")
        return container(base.narrowed(Step(split, side)) for side in sides)


def unnamed(mark: Mark) -> frozenset[str] | None:
    """Return which columns a mark is on, behind being put into one of which the name is unknown."""
    is_apart = mark.fit.kind == "look-ahead" and mark.fit.name != "bfill"
    return UNNAMED if is_apart else mark.columns


def is_per_value(base: Value, call: Call) -> bool:
    """Tell whether ``apply`` meets single values or rows rather than whole columns."""
    if base.groups is not None:
        return False
    return (base.columns is not None and len(base.columns) == 1) or is_per_row(call, 1)
