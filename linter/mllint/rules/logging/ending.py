"""Where a run that is begun can be ended, if the block that begins it shows that."""

from __future__ import annotations

from ...facts.expressions import Attribute, Call, Name, calls, dotted
from ...facts.statements import (
    BODIES,
    Assign,
    Body,
    Class,
    Evaluate,
    Function,
    Jump,
    Raise,
    Return,
    Statement,
    header,
    walk,
)
from ...fixes.changes import Fix, Insert
from ...program.activity import Site
from ...program.graph import owner_of

# How what a call begins is ended: by the module's function, or by the run's method.
ENDS = {"init": "finish", "start_run": "end_run"}


def end_at_the_end(begin: Site) -> Fix | None:
    """Return the fix that ends a run where the block ends that begins it.

    None where that is not the same for every way through the block.

    Args:
        begin: The call.
    """
    text = end_of(begin.call)
    block = block_of(owner_of(begin.frame).body, begin.statement)
    if not text or block is None or not isinstance(begin.statement, Assign | Evaluate):
        return None
    after = block[position_in(block, begin.statement) + 1 :]
    if not after:
        return None
    last = after[-1]
    if isinstance(last, Return):
        # What is returned is made after the run has ended then; it must not need it.
        after = after[:-1]
        if not after or any(True for _ in calls(header(last))):
            return None
        change = Insert(last, text, "before")
    else:
        change = Insert(last, text, "after")
    if any(isinstance(each, Return | Raise | Jump) for each in walk(after)):
        return None
    if any(isinstance(each, Function | Class) for each in walk(after)):
        return None
    return Fix("End the run where it is over", (change,), is_safe=True)


def end_of(call: Call) -> str:
    """Return the call that ends what a call of a tracker's module begins; empty if not known."""
    match call.func:
        case Attribute(Name() as module, name) if name in ENDS:
            return f"{dotted(module)}.{ENDS[name]}()"
    return ""


def position_in(block: Body, statement: Statement) -> int:
    """Return which of a block's statements one is."""
    return next(number for number, each in enumerate(block) if each is statement)


def block_of(body: Body, statement: Statement) -> Body | None:
    """Return the block that a statement stands in; functions and classes are not entered."""
    if any(each is statement for each in body):
        return body
    for each in body:
        if isinstance(each, Function | Class):
            continue
        for name in BODIES.get(type(each), ()):
            inner = getattr(each, name)
            found = block_of(inner, statement)
            if found is not None:
                return found
    return None
