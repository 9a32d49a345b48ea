"""What functions of libraries do to the rows that they are handed."""

from __future__ import annotations

from dataclasses import replace

from ..facts.expressions import Attribute, Call, Constant, Expression, Sequence, Star
from .columns import column_names
from .duplication import is_growing, is_repetition
from .events import Choice, Fitting, Measurement, Splitting, Validation
from .gaps import asks_for_gaps, in_gaps
from .machine import FILES
from .meanings import LEARNS, class_of
from .methods import Methods, is_per_row
from .ordering import INDEX, timed
from .provenance import TEST, TRAIN, Fit, Mark, Split, Step, Thing
from .scores import scores_in
from .selection import LABELS
from .value import NO_REGIONS, NOTHING, Value, container, joined

FORWARD = (Constant("forward"), Constant("nearest"))
# Told where to cut, they make parts of different size; told a number, batches or folds.
DIVISIONS = frozenset({"numpy.split", "numpy.array_split"})
BINNINGS = frozenset({"pandas.cut", "numpy.digitize", "numpy.histogram"})
OUTER = frozenset({"min", "max", "amin", "amax", "nanmin", "nanmax"})
ELEMENTS = frozenset({"builtins.zip", "builtins.enumerate", "builtins.next", "builtins.dict"})


class Library(Methods):
    """The part of the interpreter that knows functions of libraries."""

    def library(self, names: tuple[str, ...], call: Call) -> Value | None:
        """Carry out a call of a library; None if its name says nothing."""
        for name in names:
            kind = self.meanings.of_class(name)
            if kind:
                return self.made(call, name, kind, self.handed_over(call))
            made, method = class_of(name)
            kind = self.meanings.of_class(made)
            if kind and (kind in LEARNS or kind in ("splitter", "pipeline")):
                thing = Thing(self.spot(self.receiver_key(call.func)), kind, made.split(".")[-1])
                return self.method_of_thing(thing, method, call)
        if self.meanings.is_metric(names):
            arguments = tuple(self.handed_over(call))
            self.events.measurement(Measurement(self.spot(call), names[0], arguments, call))
            if self.meanings.is_curve(names):  # what is measured of it next is a score
                marks = (mark for value in arguments for mark in value.flat.marks)
                return Value(marks=frozenset(m for m in marks if m.fit.kind == "prediction"))
            return self.measured(names[0].rpartition(".")[2], arguments, call)
        for name in names:
            meaning = self.meanings.of_function(name)
            if meaning:
                return self.function(name, meaning, call)
        return None

    def function(self, name: str, meaning: str, call: Call) -> Value:
        """Carry out a function of known meaning."""
        if meaning == "part-each":
            return self.parts_of_each(call, name)
        if meaning == "cross-validate":
            return self.cross_validated(call, name.rpartition(".")[2])
        if name in ELEMENTS:
            return self.elements(name, call)
        handed = self.handed_over(call)
        first = handed[0] if handed else NOTHING
        last = name.rpartition(".")[2]
        if name in BINNINGS:  # the outermost edges part no row from another
            handed[1:] = [each.apart_from(OUTER) for each in handed[1:]]
        if name in ("polars.col", "polars.all") and self.table != NOTHING:
            names = column_names(first.literal)
            return self.table if names is None else self.table.of_columns(names)
        match meaning:
            case "part-one":
                return self.parts_of_one(first, call, name)
            case "transform-function" | "zscore" | "resample-function":
                return self.transformed_at_once(meaning, last, first, handed, call)
            case "statistic" | "select-function":
                return self.statistic_of(
                    joined(each.flat for each in handed[:1]), last, call, meaning
                )
            case "cross-validate-rows":
                data = handed[1] if len(handed) > 1 else NOTHING
                spot, target = self.spot(call), data.label or NOTHING
                self.events.validation(Validation(spot, name, data.flat, target, call))
                return NOTHING
            case "train-function":
                return self.trained(handed, last, call)
            case "reader":
                return self.read(name, call)
            case "row-property" if name == "builtins.len":
                return replace(self.number(handed), counted=first.flat.regions)
            case "row-property" | "display":
                return self.number(handed)
            case "labelled-rows":
                return self.bound_together(call)
            case "chooser":
                return self.made(call, name, meaning, handed)
        if name in DIVISIONS and len(handed) > 1 and handed[1].items is not None:
            return self.parts_of_one(first, call, name)
        found = self.combined(handed)
        found = self.fresh(found, call) if handed else found
        found = self.behind_function(name, handed, call, found)
        if self.meanings.is_binning(name) and first.regions:
            fit = Fit("bins", last, self.spot(call), first.regions, True, first.columns)
            found = found.carrying([Mark(fit, first.columns)])
        if last == "where" and call.args and asks_for_gaps(call.args[0]):
            found = in_gaps(found)
        if last == "to_datetime":
            found = timed(found, last, self.spot(call), None)
        if last == "merge_asof" and call.keyword("direction") in FORWARD:
            return self.rearranged(found, "look-ahead", last, call)
        repeated = is_repetition(last, handed, call)
        if self.is_in_loop and is_growing(call, self.activation.statement):
            # What was put in on the first round is there on the second: that is no repetition.
            repeated = self.grown.setdefault(self.spot(call).key, repeated)
        return self.rearranged(found, "duplication", last, call) if repeated else found

    def handed_over(self, call: Call) -> list[Value]:
        """Carry out the arguments, by position and then by keyword."""
        found: list[Value] = []
        for argument in call.args:
            if isinstance(argument, Star):
                inner = self.evaluate(argument.value)
                found += [value for _, value in inner.items] if inner.items else [inner]
            else:
                found.append(self.evaluate(argument))
        return found + [self.evaluate(each) for _, each in call.keywords]

    def combined(self, handed: list[Value]) -> Value:
        """Return what holds the rows of all arguments: of ``np.array``, ``pd.concat``."""
        if len(handed) == 1 and handed[0].items is None:
            return replace(handed[0], literal=None, counted=NO_REGIONS)
        if handed and handed[0].items is not None and not handed[0].flat.regions:
            return replace(handed[0], literal=None)
        values = [value.flat for value in handed]
        found = joined(values)
        columns = {each.columns for each in values if each.regions}
        return replace(
            found,
            literal=None,
            columns=columns.pop() if len(columns) == 1 else None,
            picks=found.picks if not found.regions else frozenset(),
            counted=NO_REGIONS,
        )

    def elements(self, name: str, call: Call) -> Value:
        """Return what ``zip``, ``enumerate`` and ``next`` make of what they iterate."""
        handed = self.handed_over(call)
        if name == "builtins.dict":
            found = handed[0] if call.args else Value(items=())
            values = handed[len(call.args) :]
            for (key, _), value in zip(call.keywords, values, strict=True):
                found = found.with_item(key, value)
            return found
        if name == "builtins.next":
            self.taken_of_ranking(joined(handed[:1]), 0)
            return self.element(handed[0]) if handed else NOTHING
        if name == "builtins.enumerate":
            inner = handed[0] if handed else NOTHING
            if inner.items is None:
                return Value(items=((None, container([NOTHING, self.element(inner)])),))
            pairs = [(key, container([NOTHING, value])) for key, value in inner.items]
            return Value(items=tuple(pairs))
        lengths = {len(each.items) if each.items else 0 for each in handed}
        if len(lengths) == 1 and 0 not in lengths:
            keys = [key for key, _ in handed[0].items or ()]
            rows = [(key, container(each.item(key) for each in handed)) for key in keys]
            return Value(items=tuple(rows))
        return Value(items=((None, container(self.element(each) for each in handed)),))

    def element(self, value: Value) -> Value:
        """Return what iterating a value gives."""
        if value.items is not None:
            return joined((value.item(None), replace(value, items=None)))
        return replace(value, literal=None)

    def parts_of_each(self, call: Call, name: str) -> Value:
        """Return the training and the test part of each array."""
        arrays: list[Value] = []
        for position, argument in enumerate(call.args):
            if isinstance(argument, Star):
                inner = self.evaluate(argument.value)
                arrays += [value for _, value in inner.items or ()]
            else:
                arrays.append(self.fresh(self.evaluate(argument), call, (position,)))
        for _, argument in call.keywords:
            self.evaluate(argument)
        split = Split("call", self.spot(call), self.spot(call))
        data = container(arrays)
        self.events.splitting(Splitting(split, name, data, call))
        return container(
            replace(each, literal=None).narrowed(Step(split, side))
            for each in arrays
            for side in (TRAIN, TEST)
        )

    def transformed_at_once(
        self, meaning: str, name: str, rows: Value, handed: list[Value], call: Call
    ) -> Value:
        """Carry out ``scale(X)``, ``zscore(X)`` or ``resample(X, y)``."""
        kinds = {"transform-function": "transform", "zscore": "statistic"}
        if is_per_row(call, 1) or (meaning != "resample-function" and self.is_sample(rows)):
            return rows
        arrays = handed[: len(call.args)] if meaning == "resample-function" else [rows]
        flat = self.fresh(joined(each.flat for each in arrays), call)
        is_part = call.keyword("replace") == Constant(False)
        fit = Fit(
            kinds.get(meaning, "thinning" if is_part else "resampling"),
            name,
            self.spot(call),
            flat.regions,
            True,
            flat.columns,
        )
        self.events.fitting(Fitting(fit, flat, NOTHING, None, call))
        results = [self.fresh(each, call).carrying([Mark(fit, each.columns)]) for each in arrays]
        return results[0] if len(results) == 1 else container(results)

    def statistic_of(self, rows: Value, name: str, call: Call, meaning: str) -> Value:
        """Carry out ``np.mean(X, axis=0)``."""
        if not rows.regions or rows.columns == LABELS or self.is_sample(rows):
            return Value(marks=rows.marks)
        if is_per_row(call, 1):
            return self.tabled(replace(rows, columns=None), None, call)
        kind = "selection" if meaning == "select-function" else "statistic"
        fit = Fit(kind, name, self.spot(call), rows.regions, True, rows.columns)
        return Value(marks=frozenset({Mark(fit), *rows.marks}))

    def trained(self, handed: list[Value], name: str, call: Call) -> Value:
        """Carry out ``xgboost.train(params, rows)``."""
        data = handed[1] if len(handed) > 1 else NOTHING
        thing = Thing(self.spot(call), "model", name)
        self.learn(thing, data, NOTHING, call, "fit")
        evaluated = call.keyword("evals") or call.argument("valid_sets", 3)
        if evaluated is not None:
            self.validated(thing, self.evaluate(evaluated), call, self.choosers(thing, call))
        return Value(things=frozenset({thing}))

    def read(self, name: str, call: Call) -> Value:
        """Return rows that a reader reads."""
        path = self.evaluate(call.args[0]).literal if call.args else None
        written = self.state.get((FILES, path)) if isinstance(path, str) else None
        rows = self.origin(call, (), "read") if written is None else written
        dates = call.keyword("parse_dates")
        if dates is not None and name.startswith("pandas."):
            is_column = isinstance(dates, Sequence)
            names = self.evaluate(dates).literal if is_column else None
            columns = frozenset(str(each) for each in names) if isinstance(names, tuple) else None
            index = call.keyword("index_col")
            label = self.evaluate(index).literal if index is not None else None
            if dates == Constant(True) or (columns is not None and str(label) in columns):
                rows = timed(rows, "parse_dates", self.spot(call), INDEX)
            if columns is not None:
                rows = timed(rows, "parse_dates", self.spot(call), columns)
        if name.startswith(("keras.", "tensorflow.")):
            return pairs_of_files(rows)
        return rows

    def number(self, handed: list[Value]) -> Value:
        """Return what is no rows, but may be a score: ``round(accuracy, 2)``."""
        return Value(marks=frozenset(Mark(each) for each in scores_in(handed)))

    def bound_together(self, call: Call) -> Value:
        """Return the features that ``xgboost.DMatrix(X, label=y)`` holds, and their target."""
        features = self.evaluate(call.argument("data", 0))
        label = call.argument("label", 1)
        found = self.fresh(self.combined([features]), call)
        table = features.table if features.items is None else None
        found = self.tabled(found, table, call)
        return found if label is None else replace(found, label=self.evaluate(label))

    def searched(self, call: Call) -> Value:
        """Carry out ``study.optimize(objective)``, which picks by what the objective returns."""
        handed = [self.call_handed(each, []) for each in call.args]
        handed += [self.call_handed(each, []) for _, each in call.keywords]
        scores = scores_in(handed)
        if scores:
            self.events.choice(Choice(self.spot(call), "searched", scores))
        return NOTHING

    def call_library_value(self, function: Expression, call: Call) -> Value:
        """Carry out a call of which nothing is known."""
        handed = self.handed_over(call)
        name = call.func.attr if isinstance(call.func, Attribute) else ""
        if self.meanings.of_method(name) == "display-method":
            return NOTHING
        self.handed(call, call, handed)
        if any(each.flat.regions != NO_REGIONS for each in handed):
            found = replace(self.combined(handed), items=None, columns=None)
            return self.tabled(found, None, call)
        number = self.number(handed)
        return self.origin(call) if number == NOTHING else number


def pairs_of_files(rows: Value) -> Value:
    """Return ``(x_train, y_train), (x_test, y_test)`` as loaders of ready-made parts give them."""
    origin = next(iter(rows.regions)).origin
    return container(
        container(
            replace(
                rows,
                regions=frozenset(
                    each._replace(origin=origin._replace(path=(part, item)))
                    for each in rows.regions
                ),
            )
            for item in (0, 1)
        )
        for part in (0, 1)
    )
