"""What estimators do: learn from rows, change them, predict them, cross-validate them."""

from __future__ import annotations

from dataclasses import replace

from ..facts.expressions import Attribute, Call, Constant, Expression
from .events import Evaluation, Fitting, Splitting, Validation
from .meanings import LEARNS
from .provenance import TEST, TRAIN, Fit, Mark, Split, Spot, Step, Thing
from .scores import Scores
from .spelling import spelled
from .value import NOTHING, Value, container, joined

FIT = frozenset({"fit", "partial_fit", "fit_on_texts", "fit_on_sequences", "adapt", "train"})
FIT |= {"build_vocab", "train_on_batch", "fit_generator"}
FIT_TRANSFORM = frozenset({"fit_transform", "fit_resample", "fit_sample"})
PREDICT = frozenset({"predict", "predict_proba", "predict_log_proba", "decision_function"})
PREDICT |= {"predict_classes", "score_samples", "predict_on_batch", "predict_generator"}
SCORE = frozenset({"score", "evaluate", "evaluate_generator", "test_on_batch"})
RESAMPLERS = ("resampler", "under-sampler")
ITSELF = frozenset({"set_params", "set_output", "compile", "build", "summary", "clone"})
# What features are called as an argument.
DATA = (
    *("X", "x", "raw_documents", "data", "texts", "dataset"),
    *("sentences", "documents", "corpus", "corpus_iterable"),
)
STOPPING = "early_stopping_rounds"
# These keep the iteration that is best on what they validate on, unless they are told not to.
BEST_OF_EACH = "CatBoost"
# Attributes of a fitted model by which features are chosen.
IMPORTANCES = frozenset({"feature_importances_", "coef_", "support_", "ranking_", "scores_"})


class Estimators(Scores):
    """The part of the interpreter that knows estimators."""

    def made(self, call: Call, full_name: str, kind: str, handed: list[Value]) -> Value:
        """Return a new estimator or splitter."""
        name = full_name.rpartition(".")[2]
        if kind == "chooser" and not is_choosing(call, name):
            return NOTHING
        categories = call.keyword("categories")
        if kind == "category-encoder" and categories not in (None, Constant("auto")):
            kind = "stateless-transformer"
        parts = tuple(thing for value in handed for thing in value.flat.things)
        data: tuple[object, ...] = (call,) if kind == "splitter" else parts
        kind = self.kind_of_pipeline(parts) if kind == "pipeline" else kind
        columns = self.meanings.of_columns(full_name)
        thing = Thing(self.spot(call), kind, name, None, data, columns)
        if self.meanings.learns_when_made(full_name):
            lessons = self.features(call)
            if lessons.flat.regions:
                self.learn(thing, lessons, NOTHING, call, "fit")
        return Value(things=frozenset({thing}))

    def kind_of_pipeline(self, parts: tuple[Thing, ...]) -> str:
        """Return what a pipeline's fit learns: what its most telling part does."""
        kinds = {thing.kind for thing in parts}
        order = ("model", "search", *RESAMPLERS, "selector", "vectorizer", "cluster")
        for kind in order:
            if kind in kinds:
                return kind
        return "stateless-transformer" if kinds == {"stateless-transformer"} else "transformer"

    def method_of_thing(self, thing: Thing, method: str, call: Call) -> Value:
        """Carry out a method of an estimator or splitter."""
        if thing.kind == "splitter":
            return self.folds(call, thing) if method == "split" else NOTHING
        data, target = self.features(call), self.target(call)
        self.other_arguments(call)
        itself = Value(things=frozenset({thing}))
        if method in FIT:
            self.learn(thing, data, target, call, method)
            return itself
        if method in FIT_TRANSFORM:
            data = self.fresh(data, call)  # what is made of rows that are not known is these rows
            self.learn(thing, data, target, call, method)
            if thing.kind in RESAMPLERS:
                return container([self.transformed(each, thing, call) for each in (data, target)])
            return self.transformed(data, thing, call)
        if method == "fit_predict":
            self.learn(thing, data, target, call, method)
            return replace(data, columns=None, literal=None, table=None)
        if method in PREDICT or method in SCORE:
            how = "predict" if method in PREDICT else "score"
            self.meet(thing, how, data, target, call)
            fits = self.fitted_within(thing)
            if method in SCORE:
                return self.score(method, data.flat.regions, fits, call)
            rows, is_again = data.flat.regions, self.is_in_loop
            fit = Fit("prediction", method, self.spot(call), rows, of=fits, is_repeated=is_again)
            return Value(regions=data.flat.regions, marks=frozenset({Mark(fit)}))
        if method in ITSELF:
            return itself
        if thing.kind == "model":
            self.handed(call, call, (data, target))
            return Value(regions=data.flat.regions)
        return self.transformed(data, thing, call)

    def features(self, call: Call) -> Value:
        """Return the first argument of a fit or predict."""
        for name in DATA:
            found = call.keyword(name)
            if found is not None:
                return self.evaluate(found)
        return self.evaluate(call.args[0]) if call.args else NOTHING

    def target(self, call: Call) -> Value:
        """Return the second argument of a fit or score."""
        found = call.argument("y", 1) or call.keyword("Y")
        return self.evaluate(found) if found is not None else NOTHING

    def other_arguments(self, call: Call) -> None:
        """Carry out whatever else is handed."""
        for argument in call.args[2:]:
            self.evaluate(argument)
        for key, argument in call.keywords:
            if key not in ("y", "Y", *DATA):
                self.evaluate(argument)

    def learn(self, thing: Thing, data: Value, target: Value, call: Call, method: str) -> None:
        """Fit a thing on rows."""
        data = self.fresh(data, call)
        if thing.kind == "stateless-transformer":
            return
        if thing.kind == "transformer" and method != "partial_fit" and self.is_sample(data):
            self.set_fitted(thing, ())
            return
        target = target if data.label is None else data.label
        kept_back = self.kept_back(call)
        whole, data = data, data if kept_back is None else data.narrowed(Step(kept_back, TRAIN))
        rows = data.flat
        if thing.kind == "search":
            event = Validation(self.spot(call), thing.name, data, target, call)
            self.events.validation(event)
        kind = LEARNS.get(thing.kind, "unknown")
        fit = Fit(
            kind,
            thing.name,
            self.spot(call),
            rows.regions,
            kind != "unknown",
            rows.columns,
            is_repeated=kind == "model" and self.is_in_loop,
        )
        taught = target if kept_back is None else target.narrowed(Step(kept_back, TRAIN))
        self.events.fitting(Fitting(fit, data, taught, thing, call))
        before = self.fitted(thing) if method in ("partial_fit", "train_on_batch") else frozenset()
        self.set_fitted(thing, {fit, *before})
        if kept_back is not None:
            held = Step(kept_back, TEST)
            self.meet(thing, "validation", whole.narrowed(held), target.narrowed(held), call)
        validation = call.keyword("validation_data") or call.keyword("eval_set")
        if validation is not None:
            self.validated(thing, self.evaluate(validation), call, self.choosers(thing, call))

    def kept_back(self, call: Call) -> Split | None:
        """Return the split that ``fit(…, validation_split=0.2)`` makes: its last rows validate."""
        part = call.keyword("validation_split")
        if part is None or part in (Constant(0), Constant(0.0), Constant(None)):
            return None
        return Split("call", self.spot(call), self.spot(call))

    def choosers(self, thing: Thing, call: Call) -> tuple[Spot, ...]:
        """Return what chooses an epoch or a rate by the validation of a fit."""
        callbacks = {*self.evaluate(call.keyword("callbacks")).flat.things}
        callbacks |= {each for each in thing.data if isinstance(each, Thing)}
        found = [each.spot for each in callbacks if each.kind == "chooser"]
        made = [each for each in (call, thing.spot.part) if isinstance(each, Call)]
        stopping = [e for e in made if e.keyword(STOPPING) not in (None, Constant(None))]
        if not stopping and thing.name.startswith(BEST_OF_EACH):
            stopping = [call]
        if not any(each.keyword("use_best_model") == Constant(False) for each in made):
            found += map(self.spot, stopping)
        return tuple(sorted(found, key=lambda each: each.line))

    def validated(
        self, thing: Thing, handed: Value, call: Call, choosers: tuple[Spot, ...]
    ) -> None:
        """Note the rows that a fit is handed to validate on: (x, y), or [(x, y), …]."""
        pairs = [handed]
        first = handed.item(0)
        if first.items is not None:
            pairs = [each for _, each in handed.items or ()]
        for pair in pairs:
            data, target = (pair.item(0), pair.item(1)) if pair.items else (pair, NOTHING)
            self.meet(thing, "validation", data, target, call, choosers)

    def meet(
        self,
        thing: Thing,
        how: str,
        data: Value,
        target: Value,
        call: Call,
        choosers: tuple[Spot, ...] = (),
    ) -> None:
        """Note that a model meets rows."""
        fits = self.fitted_within(thing)
        target = target if data.label is None else data.label
        event = Evaluation(self.spot(call), how, data, target, thing, fits, call, choosers)
        self.events.evaluation(event)

    def fitted_within(self, thing: Thing) -> frozenset[Fit]:
        """Return what a thing, and what it is made of, were last fitted on."""
        fits = self.fitted(thing)
        for part in thing.data:
            if isinstance(part, Thing):
                fits |= self.fitted(part)
        return fits

    def transformed(self, data: Value, thing: Thing, call: Call) -> Value:
        """Return rows as a fitted thing makes them."""
        data = self.behind_thing(replace(data, literal=None), thing, call)
        if thing.kind == "stateless-transformer":
            return data
        marks = [Mark(fit, data.flat.columns) for fit in self.fitted(thing)]
        return data.carrying(marks)

    def attribute_of_thing(self, thing: Thing, attr: str) -> Value:
        """Return an attribute of a fitted estimator: what it learned."""
        marks: list[Mark] = []
        for fit in self.fitted(thing):
            if attr in IMPORTANCES and fit.kind in ("model", "selection"):
                marks.append(Mark(fit._replace(kind="selection")))
            elif fit.kind in ("model", "cluster"):
                continue
            else:
                marks.append(Mark(fit))
        if attr.startswith("best_estimator") or attr in ("named_steps", "steps", "estimator"):
            return Value(things=frozenset({thing}))
        return Value(marks=frozenset(marks))

    def folds(self, call: Call, thing: Thing) -> Value:
        """Return what ``KFold(…).split(X)`` yields: pairs of indices."""
        data = joined(self.evaluate(each).flat for each in call.args[:1])
        keyword = call.keyword("X")
        data = data if keyword is None else self.evaluate(keyword).flat
        self.target(call)
        self.other_arguments(call)
        split = Split("folds", self.spot(call), self.spot(call))
        made = thing.data[0] if thing.data and isinstance(thing.data[0], Call) else None
        self.events.splitting(Splitting(split, thing.name, data, call, made))
        return Value(items=((None, pair_of_parts(split)),))

    def cross_validated(self, call: Call, name: str) -> Value:
        """Carry out ``cross_val_score(model, X, y)``."""
        estimator = self.evaluate(call.argument("estimator", 0))
        data = self.evaluate(call.argument("X", 1))
        target = self.evaluate(call.argument("y", 2))
        for argument in (*call.args[3:], *(v for k, v in call.keywords if k not in ("X", "y"))):
            for thing in self.evaluate(argument).things:
                if thing.kind == "splitter":  # cv=KFold(5, shuffle=True)
                    split = Split("folds", self.spot(call), self.spot(call))
                    made = thing.data[0] if thing.data and isinstance(thing.data[0], Call) else None
                    self.events.splitting(Splitting(split, thing.name, data, call, made))
        event = Validation(self.spot(call), name, data, target, call, estimator.things)
        self.events.validation(event)
        return Value(regions=data.flat.regions) if name.endswith("predict") else NOTHING

    def unknown_estimator(self, call: Call, method: str) -> Value | None:
        """Carry out a method whose name says that something of unknown kind learns or predicts."""
        function = call.func
        if not isinstance(function, Attribute):
            return None
        known = FIT | FIT_TRANSFORM | PREDICT | SCORE | {"transform", "fit_predict"}
        if method not in known or method in ("train", "build"):
            return None
        thing = Thing(self.spot(self.receiver_key(function.value)), "unknown", "")
        return self.method_of_thing(thing, method, call)

    def receiver_key(self, expression: Expression) -> object:
        """Return something that is the same for all uses of one name in one scope."""
        key = (self.activation.scope, spelled(expression))
        return self.keys.setdefault(key, key)


def is_choosing(call: Call, name: str) -> bool:
    """Tell whether a callback chooses by what is validated, rather than by what is trained on."""
    if name == "ModelCheckpoint" and call.keyword("save_best_only") != Constant(True):
        return False
    monitor = call.argument("monitor", 1 if name == "ModelCheckpoint" else 0)
    if not isinstance(monitor, Constant) or not isinstance(monitor.value, str):
        return True
    return monitor.value.startswith("val")


def pair_of_parts(split: Split) -> Value:
    """Return the indices of the training and the test part."""
    return container(Value(picks=frozenset({Step(split, side)})) for side in (TRAIN, TEST))
