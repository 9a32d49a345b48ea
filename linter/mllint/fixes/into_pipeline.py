"""A fit that stands outside of a cross-validation goes into it, in a Pipeline with the model.

``scaled = scaler.fit_transform(X)`` and ``cross_val_score(model, scaled, y)`` become
``cross_val_score(make_pipeline(scaler, model), X, y)``; a search's parameters get the name of the
step that they are for. The fit itself goes, unless something else reads what it made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Mapping,
    Name,
    Sequence,
    subexpressions,
)
from ..facts.statements import Assign, Body, Evaluate, Function, Import, Statement, header, walk
from .changes import AddImport, Change, Remove, Replace, Source
from .fits import PREPROCESSING, Fit, may_import, read_fit, strays
from .later import is_free_in_a_definition
from .names import (
    block_of,
    mentioned,
    names_in,
    position,
    same,
    touched,
)

PIPELINE = "make_pipeline"
# Of a search, what differs once its model is a step of a pipeline.
INNER = frozenset({"best_estimator_", "best_params_", "cv_results_"})


class Validating(NamedTuple):
    """A cross-validation.

    Attributes:
        statement: Where.
        call: That which is handed the rows.
        made: Of a search: the call that constructs it; else None.
    """

    statement: Statement
    call: Call
    made: Call | None

    @property
    def model(self) -> Expression | None:
        """What is cross-validated."""
        return (self.made or self.call).argument("estimator", 0)

    def rows(self, name: str) -> Expression | None:
        """Return the features (X) or the target (y)."""
        at = {"X": 0, "y": 1}[name] + (self.made is None)
        return self.call.argument(name, at)


def into_pipeline(
    body: Body, statement: object, call: Call, validations: list[Validating]
) -> tuple[Change, ...] | None:
    """Return the changes that put a fit into cross-validations; None where that can't be right.

    Args:
        body: The file.
        statement: That which learns.
        call: The call in it.
        validations: All that is handed what it makes.
    """
    place = block_of(body, statement)
    if place is None or not validations:
        return None
    block, owner = place
    start = position(block, statement)
    ends = [holding(block, each.statement) for each in validations]
    if not all(start < end for end in ends):
        return None
    fit = read_fit(block, start, min(ends), call)
    if fit is None or fit.applied is None or strays(fit) or not is_all(fit):
        return None
    work = Wrapping(block, owner, fit, validations)
    if not work.is_possible(start, max(ends)):
        return None
    changes = [change for each in validations for change in work.wrapped(each)]
    if any(change is None for change in changes):
        return None
    source = "imblearn.pipeline" if fit.resamples else "sklearn.pipeline"
    if is_other_pipeline(body, source):
        return None
    if fit.stand_in and not may_import(body, fit.stand_in):
        return None
    found: list[Change] = [AddImport(f"from {source} import {PIPELINE}")]
    if fit.stand_in:
        found.append(AddImport(f"from {PREPROCESSING} import {fit.stand_in}"))
    found += [change for change in changes if change is not None]
    if not work.is_needed():
        gone = {id(each): each for each in (fit.statement, fit.applied)}
        found += [Remove(each) for each in gone.values() if each is not None]
    return tuple(found)


def holding(block: Body, statement: Statement) -> int:
    """Return the position of what a statement stands in, functions aside; -1 for nowhere."""
    for at, each in enumerate(block):
        if not isinstance(each, Function) and any(inner is statement for inner in walk([each])):
            return at
    return -1


def is_all(fit: Fit) -> bool:
    """Tell whether what a fit makes is the rows themselves, or a table of them."""
    match fit.applied:
        case Assign(_, _, Call(Name("DataFrame") | Attribute(_, "DataFrame"), (inner, *_))):
            return inner is fit.application
        case Assign(_, _, value):
            return value is fit.application
    return False


class Wrapping:
    """A fit that is to go into cross-validations.

    Args:
        block: The statements among which it stands.
        owner: Those of the function, or the file, around them.
        fit: The fit.
        validations: What is handed what it makes.
    """

    def __init__(self, block: Body, owner: Body, fit: Fit, validations: list[Validating]) -> None:
        self.block = block
        self.owner = owner
        self.fit = fit
        self.validations = validations
        known = [fit.statement, fit.applied, *(each.statement for each in validations)]
        start = position(block, fit.statement)
        self.others = [
            each
            for each in walk(owner)
            if each.line > block[start].line and not any(each is other for other in known)
        ]

    def is_possible(self, start: int, end: int) -> bool:
        """Tell whether nothing but the leak goes, with the fit and the last use at positions."""
        fit = self.fit
        needed = {name for row in fit.rows for name in names_in(row)} | set(fit.made)
        needed |= {fit.learner} - {""}
        moving = (fit.statement, fit.applied)
        for each in self.block[start : end + 1]:
            if not any(each is other for other in moving) and needed & touched(each):
                return False
        replaced = [
            name for name, row in zip(fit.made, fit.rows, strict=True) if same(row, Name(name))
        ]
        for name in fit.made:
            for use in self.validations:
                handed = (use.rows("X"), use.rows("y"))
                parts = subexpressions(header(use.statement))
                if any(same(p, Name(name)) and not any(p is h for h in handed) for p in parts):
                    return False
        if any(is_free_in_a_definition(name, self.owner) for name in fit.made):
            return False
        searches = any(each.made is not None for each in self.validations)
        if (replaced or searches) and self.is_needed():
            return False
        return not (searches and any(map(reads_inside, self.others)))

    def is_needed(self) -> bool:
        """Tell whether anything else reads what the fit makes, or what it has learned."""
        names = {*self.fit.made, self.fit.learner} - {""}
        return any(names & names_in(header(each)) for each in self.others)

    def wrapped(self, validating: Validating) -> Iterator[Change | None]:
        """Yield the changes of one cross-validation; None for what is not understood."""
        fit, statement, model = self.fit, validating.statement, validating.model
        data = validating.rows("X")
        if model is None or not same(data, Name(fit.made[0])) or data is None:
            yield None
            return
        learner: Source = fit.construction or fit.learner
        match model:
            case Call(Name("make_pipeline") as function, steps, ()):  # is made longer
                more = [each for step in steps for each in (", ", step)]
                yield Replace(statement, model, joined(function, "(", learner, *more, ")"))
            case _:
                yield Replace(statement, model, joined(f"{PIPELINE}(", learner, ", ", model, ")"))
                yield from self.prefixed(validating, model)
        for key, name, row in zip("Xy", fit.made, fit.rows, strict=False):
            handed = validating.rows(key)
            if handed is None or not same(handed, Name(name)):
                yield None
            elif not same(handed, row):
                yield Replace(statement, handed, row)

    def prefixed(self, validating: Validating, model: Expression) -> Iterator[Change | None]:
        """Yield the changes of a search's parameters, which are those of a step now."""
        if validating.call.keyword("params") or validating.call.keyword("fit_params"):
            yield None
        if validating.made is None:
            return
        grid = validating.made.args[1] if len(validating.made.args) > 1 else None
        for key in ("param_grid", "param_distributions"):
            grid = validating.made.keyword(key) or grid
        model = self.value_of(model)
        grid = grid and self.value_of(grid)
        match model:
            case Call(Name(name) | Attribute(_, name)) if name[:1].isupper():
                step = name.lower()
            case _:
                yield None
                return
        for each in grid.items if isinstance(grid, Sequence) else (grid,):
            if not isinstance(each, Mapping):
                yield None
                return
            for parameter, _ in each.pairs:
                if isinstance(parameter, Constant) and isinstance(parameter.value, str):
                    yield Replace(validating.statement, parameter, f'"{step}__{parameter.value}"')
                else:
                    yield None

    def value_of(self, expression: Expression) -> Expression:
        """Return what a name is bound to, if that is once only and nothing else reads it."""
        if not isinstance(expression, Name):
            return expression
        found = [each for each in walk(self.owner) if expression.id in mentioned(each)]
        match found:
            case [Assign(_, (Name(expression.id),), value, None), _] if value is not None:
                return value
        return expression


def joined(*parts: Source) -> Source:
    """Return several sources side by side."""
    found: list[str | Expression] = []
    for each in parts:
        if isinstance(each, str) or type(each) is not tuple:
            found.append(each)  # type: ignore[arg-type]
    return tuple(found)


def reads_inside(statement: Statement) -> bool:
    """Tell whether a statement reads what is another thing of a pipeline than of its model."""
    return any(
        isinstance(part, Attribute)
        and part.attr in INNER
        and not (part.attr == "best_params_" and isinstance(statement, Evaluate))
        for part in subexpressions(header(statement))
    )


def is_other_pipeline(body: Body, source: str) -> bool:
    """Tell whether the name of the function that makes pipelines means another one in a file."""
    return any(
        isinstance(each, Import) and each.module != source and PIPELINE in str(each.names)
        for each in walk(body, True)
    )
