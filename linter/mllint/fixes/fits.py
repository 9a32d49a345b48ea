"""Fits of which it is known what they are handed and what they make of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..facts.expressions import (
    Attribute,
    Call,
    Expression,
    Name,
    Sequence,
    Subscript,
    subexpressions,
)
from ..facts.statements import Assign, Body, Evaluate, Import, Statement, header
from ..program.symbols import definitions
from .changes import Source
from .names import mentioned, names_in, root, same

RESAMPLES = frozenset({"fit_resample", "fit_sample"})
FITS = frozenset({"fit", "fit_on_texts", "adapt"})
APPLIES = frozenset({"transform", "texts_to_sequences", "texts_to_matrix"})
# What gives an array another form, row by row: functions of it, and methods.
TABLES = frozenset({"DataFrame", "array", "asarray", "pad_sequences", "csr_matrix"})
FORMS = frozenset({"toarray", "todense", "astype", "copy"})


# Functions that learn and transform at once, and the classes whose instances do so in two steps.
PREPROCESSING = "sklearn.preprocessing"
CLASSES = {
    "scale": "StandardScaler",
    "minmax_scale": "MinMaxScaler",
    "maxabs_scale": "MaxAbsScaler",
    "robust_scale": "RobustScaler",
    "quantile_transform": "QuantileTransformer",
    "power_transform": "PowerTransformer",
}


class Fit(NamedTuple):
    """A fit, and the statement that changes the rows by what was learned.

    Attributes:
        statement: That which learns.
        call: The call in it.
        applied: That which changes the rows; the same for ``fit_transform``, None if there is none.
        application: The call in that one.
        made: What the changed rows are called: one name, or those of features and target behind a
            resampling; without `applied`, that of the rows themselves.
        rows: What is changed, for each of these.
        target: What a ``fit`` is taught besides, if anything.
        stand_in: Of a function that learns and transforms at once, the class that does so in steps.
    """

    statement: Statement
    call: Call
    applied: Statement | None
    application: Call
    made: tuple[str, ...]
    rows: tuple[Expression, ...]
    target: str
    stand_in: str = ""

    @property
    def resamples(self) -> bool:
        """Whether rows come and go, which those that are held out must not."""
        return isinstance(self.call.func, Attribute) and self.call.func.attr in RESAMPLES

    @property
    def maker(self) -> Call | None:
        """How what learns is made, if that is in the same expression and it gets no name."""
        if self.stand_in:
            return Call(Name(self.stand_in), (), ())
        made = self.call.func[0]
        is_kept = isinstance(self.statement, Assign) and self.statement.value is self.call
        is_kept = is_kept and self.applied is not self.statement
        return made if isinstance(made, Call) and not is_kept else None

    @property
    def construction(self) -> Source | None:
        """What is written where what learns is made; None as for `maker`."""
        return f"{self.stand_in}()" if self.stand_in else self.maker

    @property
    def learner(self) -> str:
        """The name of what learns; empty if it has none."""
        if self.stand_in:
            return ""
        if isinstance(self.call.func[0], Name):
            return self.call.func[0].id
        if self.maker is None and isinstance(self.statement, Assign):
            (target,) = self.statement.targets
            return target.id if isinstance(target, Name) else ""
        return ""

    @property
    def others(self) -> set[str]:
        """The names that it needs besides the rows: columns, parameters of what learns."""
        found: set[str] = set()
        for statement in {id(each): each for each in (self.statement, self.applied)}.values():
            if statement is not None:
                found |= mentioned(statement)
        return found - set(self.made) - {name for each in self.rows for name in names_in(each)}


def read_fit(block: Body, start: int, end: int, call: Call) -> Fit | None:
    """Return a fit in a block, if all of it is understood.

    Args:
        block: The statements.
        start: Position of the statement that learns.
        end: Position of what it is to be complete before.
        call: The call that learns.
    """
    statement, function = block[start], call.func
    stand_in = CLASSES.get(str(function[-1])) if isinstance(function, Name | Attribute) else None
    if stand_in is not None and len(call.args) == 1 and not call.keywords:
        match statement:
            case Assign(_, (Name(made),), value, None) if value is not None:
                at_once = statement, call, statement, call, (made,), call.args, "", stand_in
                return Fit(*at_once)
        return None
    if not isinstance(function, Attribute) or call.keywords or not 1 <= len(call.args) <= 2:
        return None
    if not isinstance(function.value, Name | Call):
        return None
    rows, target = call.args[0], call.args[1] if len(call.args) == 2 else None
    if target is not None and not isinstance(target, Name) and function.attr not in RESAMPLES:
        return None
    taught = target.id if isinstance(target, Name) else ""
    match statement, function.attr:
        case Assign(_, (Name(made),), value, None), "fit_transform" if value is not None:
            return Fit(statement, call, statement, call, (made,), (rows,), taught)
        case Assign(_, (Subscript() as columns,), value, None), "fit_transform" if (
            value is not None
        ):
            table = root(columns)  # of which some columns are changed
            if not taught and table and root(rows) == table:
                return Fit(statement, call, statement, call, (table,), (Name(table),), "")
        case (
            Assign(_, (Sequence("tuple" | "list", (Name(made), Name(taught))),), value, None),
            "fit_resample" | "fit_sample",
        ) if value is call and target is not None:
            return Fit(statement, call, statement, call, (made, taught), call.args, "")
        case ((Assign(_, (Name(),), value, None) | Evaluate(_, value)), method) if (
            value is call and method in FITS
        ):
            fit = Fit(statement, call, None, call, (), (rows,), taught)
            return applied(block, start, end, fit) if fit.learner else None
    return None


def may_import(body: Body, name: str) -> bool:
    """Tell whether a class of ``sklearn.preprocessing`` may be imported under its own name."""
    definition = definitions(body).get(name, ())
    return all(
        isinstance(each.statement, Import) and each.statement.module == PREPROCESSING
        for each in definition
    )


def applied(block: Body, start: int, end: int, fit: Fit) -> Fit | None:
    """Return a fit with the one statement, up to a position, that transforms the rows by it."""
    found: list[Fit] = []
    for each in block[start + 1 : end]:
        made = each.targets[0] if isinstance(each, Assign) and len(each.targets) == 1 else None
        for part in subexpressions(header(each)):
            match part:
                case Call(Attribute(Name(fit.learner), method), handed) if method in APPLIES:
                    if not (isinstance(made, Name) and len(handed) == 1):
                        return None
                    if part.keywords or not same(handed[0], fit.rows[0]):
                        return None
                    found.append(fit._replace(applied=each, application=part, made=(made.id,)))
    if not found and isinstance(fit.rows[0], Name):
        return fit._replace(made=(fit.rows[0].id,))
    return found[0] if len(found) == 1 else None


def strays(fit: Fit) -> bool:
    """Tell whether its statements use the rows in another way too, or change others as well."""
    statements = {id(each): each for each in (fit.statement, fit.applied) if each is not None}
    parts = [part for each in statements.values() for part in subexpressions(header(each))]
    calls = (fit.call, fit.application)
    if isinstance(fit.applied, Assign) and not is_by_row(fit.applied.value, fit.application):
        return True
    for part in parts:
        match part:
            case Call(Attribute(_, method)) if (
                method.startswith("fit") or "transform" in method or method in APPLIES
            ):
                if not any(part is each for each in calls):
                    return True
    known = {id(part) for call in calls for part in subexpressions(call.args)}
    known |= {id(p.value) for p in parts if isinstance(p, Attribute) and p.attr == "columns"}
    rows = set()
    for each in fit.rows:
        if not isinstance(each, Name):
            rows |= names_in(each) - keys_in(each)
    return any(
        type(part) is Name and part.id in rows and id(part) not in known
        for part in parts
        if not (type(part) is Name and part.id in fit.made)
    )


def is_by_row(value: Expression | None, call: Call) -> bool:
    """Tell whether an expression makes one row of each that a call gives: a table of them."""
    match value:
        case Call(Name(name) | Attribute(_, name), (inner, *_)) if name in TABLES:
            return is_by_row(inner, call)
        case Call(Attribute(inner, name)) if name in FORMS and value is not call:
            return is_by_row(inner, call)
    return value is call


def keys_in(expression: Expression) -> set[str]:
    """Return the names that stand in brackets: of columns rather than of rows."""
    found = [part.key for part in subexpressions((expression,)) if isinstance(part, Subscript)]
    return names_in(tuple(found))


def nouns(maker: Call) -> tuple[str, ...]:
    """Return names for what a constructor makes, the best one first: ``standard_scaler``."""
    function = maker.func
    name = str(function[-1]) if isinstance(function, Name | Attribute) else ""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return parts.lower(), f"train_{parts.lower()}"
