"""The outline of a module, from its statements."""

from __future__ import annotations

from typing import Any

from .expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Name,
    Sequence,
    calls,
    dotted,
    last_name,
)
from .module import Start
from .statements import (
    Assign,
    Body,
    Evaluate,
    For,
    Function,
    If,
    Import,
    Statement,
    Try,
    Update,
    While,
    With,
    walk,
)


def is_main_test(test: Expression) -> bool:
    """Tell whether a condition is ``__name__ == "__main__"``, either way round."""
    if not isinstance(test, Compare):
        return False
    sides = [test.left, *(right for _, right in test.rest)]
    return any(side == Name("__name__") for side in sides) and any(
        isinstance(side, Constant) and side.value == "__main__" for side in sides
    )


def is_type_checking(test: Expression) -> bool:
    """Tell whether a condition is ``TYPE_CHECKING``, which never holds in a run."""
    return dotted(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


# Calls by which a module prepares itself; they begin no program.
PREPARING = ("warnings.", "logging.", "sys.", "os.environ", "os.putenv", "matplotlib.", "plt.style")
# What a program may end in, with the result kept: `history = model.fit(x, y)`.
RUNNING = frozenset({"fit", "train", "main", "run", "learn"})


def does_something(statement: Statement) -> bool:
    """Tell whether a statement at top level does more than define and prepare."""
    match statement:
        case If(_, test) if is_main_test(test):
            return False
        case If(_, _, body, orelse):
            return any(does_something(each) for each in (*body, *orelse))
        case Try(_, body, _, orelse, final):
            return any(does_something(each) for each in (*body, *orelse, *final))
        case With() | For() | While():
            return True
        case Evaluate(_, Call(func)):
            return not dotted(func).startswith(PREPARING)
        case Evaluate(_, value):
            return any(True for _ in calls(value))
        case Assign(_, _, value):
            return any(
                isinstance(call.func, Attribute | Name) and call.func[-1] in RUNNING
                for call in calls(value)
            )
    return False


def starts(body: Body) -> tuple[Start, ...]:
    """Return the signs that a program may begin in a module."""
    found: list[Start] = []
    script = next((each for each in body if does_something(each)), None)
    if script is not None:
        found.append(Start("script", script.line))
    for statement in walk(body):
        match statement:
            case If(line, test) if is_main_test(test):
                found.append(Start("main", line))
            case Function(line, name, decorators=decorators):
                for decorator in decorators:
                    called = decorator.func if isinstance(decorator, Call) else decorator
                    if label := dotted(called):
                        found.append(Start("decorated", line, name, label))
    return tuple(found)


def exports(body: Body) -> tuple[str, ...] | None:
    """Return what ``__all__`` is set to, together with what is added to it, if all is literal."""
    found: tuple[str, ...] | None = None
    for statement in body:
        match statement:
            case Assign(_, (Name("__all__"),), Sequence(_, items)):
                found = _texts(items)
            case Update(_, Name("__all__"), "+", Sequence(_, items)) if found is not None:
                found += _texts(items)
            case Assign(_, (Name("__all__"),)) | Update(_, Name("__all__")):
                return None
    return found


def _texts(items: tuple[Expression, ...]) -> tuple[str, ...]:
    values = [item.value for item in items if isinstance(item, Constant)]
    return tuple(value for value in values if isinstance(value, str))


def words(facts: Any, found: set[str], called: set[str]) -> None:
    """Collect the names and attributes that are mentioned, and those that are called."""
    for part in facts:
        if isinstance(part, tuple):
            kind: Any = type(part)
            if kind is Name:
                found.add(part[0])
                continue
            if kind is Attribute:
                found.add(part[1])
            elif isinstance(part, Call):
                called.add(last_name(part))
            elif kind is Import:
                for name, _ in part[-1]:
                    found.update(name.split("."))
                continue
            words(part, found, called)


def imports(body: Body) -> tuple[Import, ...]:
    """Return the import statements, in order, nested ones too."""
    return tuple(each for each in walk(body, True) if isinstance(each, Import))
