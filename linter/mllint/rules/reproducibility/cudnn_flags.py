"""What a program sets of the flags by which cuDNN chooses its algorithms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import Attribute, Call, Constant, Expression, subexpressions
from ...facts.statements import BODIES, Assign, Body, Class, Evaluate, Function, If, Statement
from ...program.program import Program
from ...program.symbols import Module
from ...program.values import Frame, Library

CUDNN = Library("torch.backends.cudnn")
ALGORITHMS = Library("torch.use_deterministic_algorithms")
FLAGS = frozenset({"deterministic", "benchmark"})
# Words of a condition that may be what keeps the two flags apart.
RELATED = ("determin", "seed", "bench", "reproduc")


class Setting(NamedTuple):
    """A flag gets a value.

    Attributes:
        flag: ``deterministic`` or ``benchmark``.
        is_on: Whether it is True; not where that is not known.
        module: The file.
        statement: Where.
        part: The value.
        branches: The conditions around it, each with the branch that it is in.
    """

    flag: str
    is_on: bool
    module: Module
    statement: Statement
    part: Expression
    branches: tuple[tuple[If, str], ...]


def settings(
    body: Body, module: Module, program: Program, branches: tuple[tuple[If, str], ...] = ()
) -> Iterator[Setting]:
    """Yield what a block sets of the flags, in order; functions in it are left out."""
    for statement in body:
        match statement:
            case Assign(_, targets, value) if value is not None:
                owners = [each for each in targets if isinstance(each, Attribute)]
                for owner in owners:
                    if owner.attr in FLAGS and CUDNN in program.evaluator.evaluate(
                        owner.value, Frame(module)
                    ):
                        is_on = value == Constant(True) and type(value) is Constant
                        yield Setting(owner.attr, is_on, module, statement, value, branches)
            case Evaluate(_, Call(func, (value, *_))):
                if ALGORITHMS in program.evaluator.evaluate(func, Frame(module)):
                    is_on = value == Constant(True)
                    yield Setting("deterministic", is_on, module, statement, value, branches)
        if isinstance(statement, Function | Class):
            continue
        for name in BODIES.get(type(statement), ()):
            inner = (*branches, (statement, name)) if isinstance(statement, If) else branches
            yield from settings(getattr(statement, name), module, program, inner)


def conflict(ordered: list[Setting]) -> tuple[Setting, Setting] | None:
    """Return the settings that leave both flags on, the benchmark's second, if any do.

    Args:
        ordered: Settings in the order in which they are made.
    """
    for first, earlier in enumerate(ordered):
        for second in range(first + 1, len(ordered)):
            later = ordered[second]
            if not (earlier.is_on and later.is_on) or earlier.flag == later.flag:
                continue
            undone = any(
                not each.is_on
                and (each.flag == earlier.flag or (each.flag == later.flag and place > second))
                for place, each in enumerate(ordered[first + 1 :], first + 1)
            )
            if not undone and may_both_be(earlier, later):
                pair = (earlier, later) if later.flag == "benchmark" else (later, earlier)
                return pair
    return None


def may_both_be(one: Setting, other: Setting) -> bool:
    """Tell whether one run may make both settings."""
    for statement, branch in one.branches:
        for another, taken in other.branches:
            if statement is another and branch != taken:
                return False
    own = [each for each in one.branches if each not in other.branches]
    others = [each for each in other.branches if each not in one.branches]
    if own and others:
        return False  # under two conditions, which may exclude each other
    on_benchmark = own if one.flag == "benchmark" else others
    return not any(is_related(statement.test) for statement, _ in on_benchmark)


def is_related(test: Expression) -> bool:
    """Tell whether a condition speaks of determinism."""
    words = [str(part[-1]).lower() for part in subexpressions(test) if part]
    return any(each in word for word in words for each in RELATED)
