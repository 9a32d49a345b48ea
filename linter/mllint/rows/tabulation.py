"""What becomes of a table's columns, whatever is done to its rows: see `columns`."""

from __future__ import annotations

from dataclasses import replace

from ..facts.expressions import Attribute, Call, Constant, Expression, Slice, Subscript
from ..facts.statements import Delete
from .columns import AnyOf, Label, Span, Table, column_names, positions
from .machine import Machine
from .provenance import Thing
from .value import NONE, Value, joined

# Attributes of the same columns: of those of one column only `ONE`.
SAME = frozenset({"values", "array", "loc", "iloc", "ix", "at", "iat", "cat"})
ONE = frozenset({"codes", "T", "flat"})
ARRAYS = frozenset({"values", "array", "to_numpy", "as_matrix", "codes", "get_values"})
# Methods of lists of names that change them in place, so that it is not known what they hold then.
LIST_CHANGES = frozenset({"remove", "insert", "extend", "clear", "pop"})


class Tabulation(Machine):
    """The part of the interpreter that keeps what is sure of columns."""

    def begun(self, part: object) -> Table:
        """Return a table of which nothing is known yet."""
        return Table(frozenset({self.spot(part)}))

    def tabled(self, value: Value, table: Table | None, part: object) -> Value:
        """Return rows with a table; with one that begins here, where none is known."""
        if value.items is not None or not (value.regions or table):
            return replace(value, table=None)
        return replace(value, table=table or self.begun(part))

    def shaped(self, value: Value, part: object) -> Value:
        """Return rows whose columns were chosen here."""
        if value.table is None:
            return self.tabled(value, None, part)
        return replace(value, table=replace(value.table, made=self.spot(part)))

    def behind_method(self, base: Value, name: str, call: Call, found: Value) -> Value:
        """Return what a method gave, with its columns."""
        table = base.table if base.groups is None and not base.is_windowed else None
        if name in ("drop", "pop", "assign", "insert"):
            return self.shaped(found, call)
        if table is None:
            return self.tabled(found, None, call)
        kept: Table | None = None
        match self.meanings.of_columns(f".{name}"):
            case "same-columns":
                is_part = call.keyword("axis") not in (None, Constant(0), Constant("index"))
                kept = None if is_part else table
            case "one-column" if table.column is not None:
                kept = table.computed
            case "same-columns-computed":
                kept = table.computed
        if name == "rename":
            kept = self.renamed(table, call)
        elif name == "set_index":
            names = column_names(joined(self.evaluate(each) for each in call.args[:1]).literal)
            kept = None if names is None else table.without(names)
        if kept is not None and name in ARRAYS:
            kept = replace(kept, is_array=True)
        return self.tabled(found, kept, call)

    def renamed(self, table: Table, call: Call) -> Table | None:
        """Return what ``rename`` leaves: of a single column its values, of others by a mapping."""
        if table.column is not None:
            return table
        handed = call.keyword("columns")
        names = self.evaluate(handed).items if handed is not None else None
        if names is None:
            return None
        pairs = {old: new.literal for old, new in names}
        texts = {old: new for old, new in pairs.items() if isinstance(old, str)}
        if len(texts) < len(pairs) or not all(isinstance(new, str) for new in texts.values()):
            return None
        return table.renamed({old: str(new) for old, new in texts.items()})

    def behind_function(self, name: str, handed: list[Value], call: Call, found: Value) -> Value:
        """Return what a library's function gave, with its columns."""
        table = handed[0].table if handed and handed[0].items is None else None
        kept: Table | None = None
        if table is not None:
            match self.meanings.of_columns(name):
                case "same-columns" if self.keeps_labels(call):
                    kept = table
                case "array-columns":
                    kept = replace(table, is_array=True)
                case "one-column" if table.column is not None:
                    is_alone = not any(each.flat.regions for each in handed[1:])
                    kept = table.computed if is_alone else None
                case "same-columns-computed" if not is_made_up(handed[0]):
                    kept = table.computed
                case "coded-columns":
                    kept = table.coded
        return self.tabled(found, kept, call)

    def behind_thing(self, data: Value, thing: Thing, call: Call) -> Value:
        """Return rows as a transformer makes them, with their columns."""
        table = data.table if data.items is None else None
        if (
            table is None
            or not thing.columns
            or (thing.columns == "one-column" and table.column is None)
        ):
            return self.tabled(data, None, call)
        kept = table.coded if thing.columns == "coded-columns" else table
        return self.tabled(data, replace(kept, is_array=True), call)

    def behind_operator(self, values: list[Value], part: Expression, found: Value) -> Value:
        """Return what an operator gave: with a number, the same columns of other values."""
        tables = [each.table for each in values if each.regions or each.table]
        table = tables[0] if len(tables) == 1 and not any(map(is_made_up, values)) else None
        return self.tabled(found, table and table.computed, part)

    def behind_comparison(self, left: Value, right: Value, found: Value) -> Value:
        """Return whether a column is as it is asked for, which tells of it still."""
        table = left.table
        if table is None or table.column is None or right.regions or is_made_up(left):
            return found
        return replace(found, table=table.computed)

    def keeps_labels(self, call: Call) -> bool:
        """Tell whether ``DataFrame(rows, columns=…)`` names the columns as they were."""
        names = call.keyword("columns")
        return names is None or (isinstance(names, Attribute) and names.attr == "columns")

    def at_attribute(self, base: Value, attr: str, expression: Expression) -> Value:
        """Return an attribute that holds the same rows, with its columns."""
        table = base.table
        if table is None or (attr not in SAME and (attr not in ONE or table.column is None)):
            return self.tabled(base, table and table.item(attr), expression)
        return replace(base, table=replace(table, is_array=True)) if attr in ARRAYS else base

    def at_positions(self, base: Value, key: Expression, index: Value | None) -> Value:
        """Return the columns at a position, or between two: ``iloc[:, -1]``, ``x[:, :4]``."""
        table = base.table
        chosen: frozenset[Label] | Span | None = None
        if isinstance(key, Slice):
            if key == Slice(None, None, None):
                return base
            bounds = [self.evaluate(each).literal for each in (key.lower, key.upper)]
            if key.step is None and all(
                type(bound) is int or written is None
                for bound, written in zip(bounds, (key.lower, key.upper), strict=True)
            ):
                chosen = Span(*(each if type(each) is int else None for each in bounds))
        elif index is not None:
            if index.literal is NONE:
                return base
            chosen = positions(index.literal)
            if type(index.literal) is int:
                base = replace(base, columns=frozenset({f"<{index.literal}>"}))
        found = table.at(chosen) if table is not None and chosen is not None else None
        return self.shaped(replace(base, table=found), key)

    def put(self, base: Value, names: frozenset[str], value: Value, part: object) -> Table | None:
        """Return a table into which columns are put."""
        table = base.table
        if table is None and not base.regions:
            table = Table(frozenset())
        handed = value.table if value.items is None else None
        paths = ({each.path for each in some.regions} for some in (base, value))
        if value.regions and next(paths) != next(paths):
            handed = None  # other rows' values, whatever column they come from
        return table and table.put(names, handed, self.spot(part))

    def change_list(self, base: Value, name: str, call: Call) -> bool:
        """Change a list of names in place; tell whether that was asked for."""
        if name not in LIST_CHANGES or base.regions or not isinstance(base.literal, tuple):
            return False
        handed = [self.evaluate(each).literal for each in call.args]
        names: tuple[object, ...] | None = None
        if name == "remove" and handed and handed[0] in base.literal:
            names = tuple(each for each in base.literal if each != handed[0])
        elif name == "extend" and handed and isinstance(handed[0], tuple):
            names = (*base.literal, *handed[0])
        elif name == "insert" and len(handed) == 2 and isinstance(handed[1], str):
            names = (*base.literal, handed[1])
        assert isinstance(call.func, Attribute)
        self.change(call.func.value, list_of(names))
        return name != "pop"

    def delete(self, statement: Delete) -> None:
        """Carry out ``del table["column"]``."""
        for target in statement.targets:
            if isinstance(target, Subscript):
                self.delete_item(target.value, target.key)

    def delete_item(self, owner: Expression, key: Expression) -> None:
        """Take columns out of a table in place."""
        base = self.evaluate(owner)
        if isinstance(base.literal, tuple) and not base.regions:
            self.change(owner, list_of(None))
        if not base.regions or base.items is not None:
            return
        names = column_names(self.evaluate(key).literal)
        if names is not None:
            self.change(owner, self.shaped(base.without_columns(names), key))
        else:
            self.change(owner, self.tabled(base, None, key))


def is_made_up(value: Value) -> bool:
    """Tell whether rows were not read from anywhere: data to show something with."""
    return any(region.origin.kind == "made" for region in value.regions)


def list_of(names: tuple[object, ...] | None) -> Value:
    """Return a list of names; of names that are not known, if there are none."""
    if names is None:
        return Value(items=((None, Value()),))
    return Value(
        items=tuple((i, Value(literal=each)) for i, each in enumerate(names)), literal=names
    )


def literal_of(values: list[Value]) -> object:
    """Return the literal of a list of names that are themselves known: ``[TARGET, *NUMERIC]``."""
    if len(values) == 1 and isinstance(values[0].literal, AnyOf):
        return values[0].literal
    if values and all(isinstance(each.literal, str) for each in values):
        return tuple(each.literal for each in values)
    return None
