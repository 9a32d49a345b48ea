"""What the checkpoints of a program hold, and which entries of them it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ...facts.expressions import (
    Attribute,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Mapping,
    Name,
    Subscript,
    dotted,
    subexpressions,
)
from ...facts.statements import Assign, Statement, walk
from ...program.activity import Site
from ...program.graph import owner_of
from ...program.program import Program
from ...program.symbols import Owner
from ...program.training import Training
from ...program.values import Callable, Frame, Instance, Library, Type
from ..learning import is_network
from ..origins import Origins
from ..scopes import read_parts

COUNTER = re.compile(r"(?i)epoch|step|iter|round")
KINDS = {
    "scheduler": re.compile(
        r"torch\.optim\.lr_scheduler\.[A-Z]\w*|transformers\.get_\w*schedule\w*"
    ),
    "scaler": re.compile(
        r"(torch\.(cuda\.)?amp\.)?(grad_scaler\.)?GradScaler|torch\..*\.GradScaler"
    ),
    "optimizer": re.compile(
        r"torch\.optim\.(?!lr_scheduler)([a-z]\w*\.)?[A-Z]\w*|transformers\.AdamW"
    ),
}
HARMLESS = frozenset({"load_state_dict", "get", "pop", "print", "len", "isinstance", "type"})


@dataclass(eq=False)
class Contents:
    """What is saved at once.

    Attributes:
        entries: By key: the value, and where it is evaluated.
        bare: What is saved without a key, a state dict as a rule.
        is_open: Whether it may hold more than can be seen.
    """

    entries: dict[str, tuple[Expression, Frame]] = field(default_factory=dict)
    bare: list[tuple[Expression, Frame]] = field(default_factory=list)
    is_open: bool = False


class Save(NamedTuple):
    """A call that writes a checkpoint.

    Attributes:
        site: The call.
        value: What it is handed to save.
        contents: What that holds.
    """

    site: Site
    value: Expression
    contents: Contents


class Read(NamedTuple):
    """An entry that is taken out of a loaded checkpoint."""

    key: str
    statement: Statement
    frame: Frame
    subject: Expression


class Checkpoints(Origins):
    """The checkpoints of one program."""

    def __init__(self, program: Program, training: Training) -> None:
        super().__init__(program.graph(training.reach))
        self.program = program
        self.reach = training.reach
        self.saves = [
            Save(site, value, self.contents(value, site.frame))
            for site in self.unique(training.reach.where(saves, program))
            for value in saved_by(site, program)
        ]

    @staticmethod
    def unique(sites: list[Site]) -> Iterator[Site]:
        """Yield each call once."""
        seen: set[int] = set()
        for site in sites:
            if id(site.call) not in seen:
                seen.add(id(site.call))
                yield site

    def contents(self, expression: Expression, frame: Frame) -> Contents:
        """Return what a saved value holds."""
        found = Contents()
        self._fill(expression, frame, found, 0)
        return found

    def _fill(self, expression: Expression, frame: Frame, found: Contents, level: int) -> None:
        match expression:
            case Mapping(pairs):
                for key, value in pairs:
                    self._enter(key, value, frame, found)
            case Call(Name("dict"), args, keywords):
                found.is_open = found.is_open or bool(args)
                for keyword, value in keywords:
                    self._enter(Constant(keyword) if keyword else None, value, frame, found)
            case Name(name) if level < 6:
                self._name(expression, name, frame, found, level)
            case Call(Attribute(_, "state_dict")):
                found.bare.append((expression, frame))
            case Call():
                returned = list(self.returned(expression, frame)) if level < 6 else []
                found.is_open = found.is_open or not returned
                for each, inner in returned:
                    self._fill(each, inner, found, level + 1)
            case Constant():
                pass
            case _:
                found.is_open = True

    def _name(self, expression: Name, name: str, frame: Frame, found: Contents, level: int) -> None:
        owner = owner_of(frame)
        given = [
            (entry.value, frame)
            for entry in owner.table.get(name, ())
            if entry.kind == "value" and entry.value is not None
        ]
        if not given and frame.function is not None:
            given = list(self.graph.handed(frame.function, name))
        given = given or list(self.origins(expression, frame))
        found.is_open = found.is_open or not given
        for value, inner in given:
            if not any(isinstance(p, Name) and p.id == name for p in subexpressions(value)):
                self._fill(value, inner, found, level + 1)
        for statement in walk(owner.body):
            match statement:
                case Assign(_, (Subscript(Name(into), key),), put) if into == name and put:
                    self._enter(key, put, frame, found)
        for site in self.graph.sites.get(owner, ()):
            match site.call:
                case Call(Attribute(Name(into), "update")) if into == name:
                    found.is_open = True

    @staticmethod
    def _enter(key: Expression | None, value: Expression, frame: Frame, found: Contents) -> None:
        if isinstance(key, Constant) and isinstance(key.value, str):
            found.entries[key.value] = value, frame
        else:
            found.is_open = True

    def kind(self, expression: Expression, frame: Frame) -> str:
        """Return whose state a saved value is: ``optimizer``, ``model`` …; empty if it is none."""
        if isinstance(expression, Conditional):
            kinds = (self.kind(expression.body, frame), self.kind(expression.orelse, frame))
            return kinds[0] or kinds[1]
        match expression:
            case Call(Attribute(subject, "state_dict")):
                return self.kind_of(subject, frame) or "state"
        return ""

    def kinds(self, key: str, expression: Expression, frame: Frame) -> set[str]:
        """Return whose states a saved value may hold: that of a wrapper, what it wraps too.

        A name that says so is enough here, where the question is what a checkpoint lacks.
        """
        found = {self.kind(expression, frame)}
        subjects = [
            part.func.value
            for part in subexpressions(expression)
            if isinstance(part, Call) and isinstance(part.func, Attribute)
        ]
        text = " ".join((key, *(dotted(each) for each in subjects))).lower()
        found |= {
            kind for kind in KINDS if kind[:5] in text or (kind == "scaler" and "amp" in text)
        }
        for subject in subjects:
            for value in self.evaluator.evaluate(subject, frame):
                if isinstance(value, Instance):
                    for name in value.symbol.attributes:
                        inner = Attribute(subject, name)
                        found |= {self.kind_of(inner, frame)}
        return found - {""}

    def kind_of(self, subject: Expression, frame: Frame) -> str:
        """Return what an object is; by its name only where nothing else is known."""
        values = self.evaluator.evaluate(subject, frame)
        for value in values:
            if is_network(value, self.evaluator):
                return "model"
            names = [value.name.removesuffix("()")] if isinstance(value, Library) else []
            if isinstance(value, Instance):
                ancestry = self.evaluator.ancestry(value.symbol)
                names = [each.name for each in ancestry if isinstance(each, Library)]
            for kind, wanted in KINDS.items():
                if any(wanted.fullmatch(name) for name in names):
                    return kind
        if values:
            return ""
        last = dotted(subject).rpartition(".")[2].lower()
        for kind, word in (("scheduler", "sched"), ("scaler", "scaler"), ("optimizer", "optim")):
            if word in last:
                return kind
        return "optimizer" if last == "opt" else ""

    def states(self, save: Save) -> dict[str, str]:
        """Return the keys under which a checkpoint has states, each with its kind."""
        kinds = {key: self.kind(*value) for key, value in save.contents.entries.items()}
        return {key: kind for key, kind in kinds.items() if kind}

    def frames(self) -> Iterator[Frame]:
        """Yield a frame for each function and file that is carried out."""
        yield from self.reach.callers

    def is_loaded(self, expression: Expression, frame: Frame) -> bool:
        """Tell whether a value is all of what a loading call gave."""
        return is_loaded(expression, frame, self.program)

    def reads(self) -> list[Read]:
        """Return the entries that are taken out of loaded checkpoints."""
        found: dict[tuple[int, str], Read] = {}
        if not self.program.knowledge.means("checkpoint-load", self.reach.names):
            return []
        for frame in self.frames():
            for key, subject, statement in self.graph.explorer.once(asked, owner_of(frame)):
                if (id(statement), key) not in found and self.is_loaded(subject, frame):
                    found[id(statement), key] = Read(key, statement, frame, subject)
        return list(found.values())

    def mentioned(self) -> set[str]:
        """Return the keys that anything in the program's files is asked for."""
        return {
            key
            for module in self.reach.modules
            for key in self.graph.explorer.once(keys_of, module)
        }

    def escapes(self) -> bool:
        """Tell whether a loaded checkpoint goes where it can't be seen which entries are read."""
        return bool(self.reach.where(lets_escape, self.program)) or any(
            self.is_loaded(subject, frame)
            for frame in self.frames()
            for subject in self.graph.explorer.once(asked_by_variables, owner_of(frame))
        )


def saves(site: Site, program: Program) -> bool:
    """Tell whether a call writes a checkpoint."""
    return any(True for _ in saved_by(site, program))


def is_loaded(expression: Expression, frame: Frame, program: Program) -> bool:
    """Tell whether a value is all of what a loading call gave."""
    means = program.knowledge.means
    return any(
        isinstance(each, Library)
        and each.name.endswith("()")
        and means("checkpoint-load", (each.name.removesuffix("()"),))
        for each in program.evaluator.evaluate(expression, frame)
    )


def lets_escape(site: Site, program: Program) -> bool:
    """Tell whether a call is handed a loaded checkpoint, or goes over all of its entries."""
    call, frame = site.call, site.frame
    name = call.func[-1] if isinstance(call.func, Name | Attribute) else ""
    subject = call.func.value if isinstance(call.func, Attribute) else call.func
    if name in ("items", "keys", "values") and is_loaded(subject, frame, program):
        return True
    if name in HARMLESS or any(isinstance(v, Callable | Type | Instance) for v in site.values):
        return False
    handed = (*call.args, *(value for _, value in call.keywords))
    return any(
        isinstance(each, Name | Attribute) and is_loaded(each, frame, program) for each in handed
    )


def asked_by_variables(owner: Owner) -> tuple[Expression, ...]:
    """Return what a function asks for an entry whose key is not written out."""
    return tuple(
        part.value
        for statement in walk(owner.body)
        for part in read_parts(statement)
        if isinstance(part, Subscript) and not isinstance(part.key, Constant)
    )


def saved_by(site: Site, program: Program) -> Iterator[Expression]:
    """Yield what a call writes as a checkpoint."""
    means, call = program.knowledge.means, site.call
    if means("checkpoint", site.names):
        keywords = (call.keyword(name) for name in ("obj", "tensors", "state_dict"))
        yield from call.args[:1] or [each for each in keywords if each is not None]
    elif means("checkpoint-at-path", site.names):
        yield from call.args[1:2]


def asked(owner: Owner) -> tuple[tuple[str, Expression, Statement], ...]:
    """Return what the statements of a function ask for entries: the key, of what, and where."""
    return tuple(
        (key, subject, statement)
        for statement in walk(owner.body)
        for part in read_parts(statement)
        for key, subject in keyed(part)
    )


def keys_of(module: Owner) -> frozenset[str]:
    """Return the keys that anything in a file is asked for."""
    statements = walk(module.body, True)
    parts = (part for each in statements for part in read_parts(each))
    return frozenset(key for part in parts for key, _ in keyed(part))


def keyed(part: Expression) -> Iterator[tuple[str, Expression]]:
    """Yield the text key by which something is asked for an entry, and what is asked."""
    match part:
        case Subscript(subject, Constant(str(key))):
            yield key, subject
        case Call(Attribute(subject, "get" | "pop"), (Constant(str(key)), *_)):
            yield key, subject
        case Compare(Constant(str(key)), (("in" | "not in", subject),)):
            yield key, subject
