"""Epochs that are chosen by the test part: in a loop by hand, or in a library's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Name,
    Sequence,
    dotted,
    subexpressions,
)
from ...facts.statements import Assign, Evaluate, For, If, Statement, Update, While, header, walk
from ...program.objects import Thing, label
from ...program.parts import Part, Partition
from ...program.phases import Phases, Use
from ...program.program import Program
from ...program.scenes import Scene
from ...program.values import Library, Literal
from ...rows.scores import ORDER, assigned, base_of
from .held_out import TEST, VALIDATION, names_in

GATHERING = frozenset({"update", "append", "add", "extend"})
PLATEAU = "lr_scheduler.ReduceLROnPlateau"
ASKED = frozenset({"test", "testing"})
MAX_STEPS = 6  # from a score to what is compared


class EpochChoice(NamedTuple):
    """What keeps the best epoch.

    Attributes:
        scene: In which call of which function.
        statement: The ``if``, the assignment of a ``max``, or the step of a plateau's scheduler.
        part: The comparison in it, or the call.
        use: Where the test part is scored.
    """

    scene: Scene
    statement: Statement
    part: Expression
    use: Use


class Epochs:
    """The search for such choices in one program."""

    def __init__(self, phases: Phases, program: Program) -> None:
        self.phases = phases
        self.evaluator = program.evaluator
        self.partition = Partition(phases.objects, program.knowledge)

    def choices(self) -> Iterator[EpochChoice]:
        """Yield the choices by hand by a test part behind which no other rows are held out."""
        for use in self.tested("score"):
            yield from self.chosen_by(use)

    def tested(self, purpose: str) -> Iterator[Use]:
        """Yield what is evaluated on a test part behind which no other rows are held out."""
        trained = [p for use in self.uses("train") for p in self.partition.parts(use.thing)]
        scored = [
            (use, part)
            for use in self.uses("score", "validate", "test", "watch")
            for part in self.partition.parts(use.thing)
        ]
        if not trained:
            return
        held_out = [each for each in scored if not self.meets(each[1], trained)]
        for use, part in held_out:
            if use.purpose != purpose or not self.is_test(use, part):
                continue
            if all(self.meets(p, [part]) or is_alike(p, part) for _, p in held_out):
                yield use

    def uses(self, *purposes: str) -> list[Use]:
        """Return the loops of some purposes."""
        return [use for use in self.phases.uses if use.purpose in purposes]

    def meets(self, part: Part, others: list[Part]) -> bool:
        """Tell whether a part is, or shares rows with, one of some others."""
        return any(
            (each.thing is part.thing and each.cuts == part.cuts)
            or self.partition.overlap(each, part) is not None
            for each in others
        )

    def is_test(self, use: Use, part: Part) -> bool:
        """Tell whether a part is the test part: the library says so, or the code calls it that."""
        data = part.thing
        if any(name.startswith("torchvision.datasets.") for name in data.names) and not part.cuts:
            asked = {self.asked(data, name) for name in ("train", "split")}
            if asked & {False, "test"}:
                return True
        if is_asked_for(part):
            return True
        names = [label(use.thing), label(data), *(label(cut.thing) for cut in part.cuts[:1])]
        names += names_in(use.handed)
        texts = [
            each.value
            for each in subexpressions(data.expression)
            if isinstance(each, Constant) and isinstance(each.value, str)
        ]
        if any(VALIDATION.search(each) for each in (*names, *texts)):
            return False
        return any(TEST.search(each) for each in names)

    def asked(self, data: Thing, name: str) -> object:
        """Return the constant that a data set is handed by keyword or second, if it is one."""
        handed = data.call.argument(name, 1) if data.call else None
        if handed is None:
            return None
        for value in self.evaluator.evaluate(handed, data.scene.frame):
            if isinstance(value, Literal) and isinstance(value.expression, Constant):
                return value.expression.value
        return None

    def chosen_by(self, use: Use) -> Iterator[EpochChoice]:
        """Yield what keeps the best of the scores of one loop, there or in its callers."""
        for scene in self.phases.play.scenes:
            if (
                scene.frame.function is use.scene.frame.function
                and scene.module is use.scene.module
            ):
                yield from self.chosen_in(scene, use)

    def chosen_in(self, scene: Scene, use: Use) -> Iterator[EpochChoice]:
        """Yield what keeps the best of the scores of one call of the function with the loop."""
        at = use.statement
        if not isinstance(at, For) or use.thing not in self.phases.iterated(at.iterable, scene, at):
            return
        around: tuple[object, ...] = self.phases.around(scene, at)
        names = changed_in(at)
        while True:
            if self.is_repeated(scene, around):
                for statement, part in (*kept(scene, names), *self.stepped(scene, names)):
                    yield EpochChoice(scene, statement, part, use)
            if scene.caller is None or scene.site is None:
                return
            at, around, scene = scene.site.statement, scene.site.around, scene.caller
            names = bound_by(at)

    def stepped(self, scene: Scene, names: set[str]) -> Iterator[tuple[Statement, Expression]]:
        """Yield what lowers a rate where values that come from some names stay as they are."""
        for statement in walk(scene.body):
            match statement:
                case Evaluate(_, Call(Attribute(owner, "step"), (score, *_)) as call):
                    made = self.evaluator.evaluate(owner, scene.frame)
                    is_plateau = any(
                        isinstance(each, Library) and PLATEAU in each.name for each in made
                    )
                    if is_plateau and comes_from(score, names, scene):
                        yield statement, call

    @staticmethod
    def is_repeated(scene: Scene, around: tuple[object, ...]) -> bool:
        """Tell whether something is done in a loop, this function's or a caller's."""
        blocks = [*around]
        for each in scene.chain():
            blocks += each.site.around if each.site is not None else ()
        return any(isinstance(each, For | While) for each in blocks)


def is_asked_for(part: Part) -> bool:
    """Tell whether the test part is asked for by its name, as one that comes with the data set.

    ``train_test_split`` of a table or data set calls one half so, whatever it is for.
    """
    if any(cut.kind == "split" for cut in part.cuts):
        return False
    return not ASKED.isdisjoint(asked_for(part.thing))


def asked_for(thing: Thing) -> set[object]:
    """Return the texts that a data set is made with, or chosen by out of several."""
    found: set[object] = set(thing.path)
    if thing.call is not None:
        handed = (*thing.call.args, *(value for _, value in thing.call.keywords))
        found |= {each.value for each in handed if isinstance(each, Constant)}
    return {each for each in found if isinstance(each, str)}


def is_alike(one: Part, other: Part) -> bool:
    """Tell whether two parts are made by one class or function, asked for the test part both."""
    mine, its = one.thing.call, other.thing.call
    is_one = mine is not None and its is not None and mine.func == its.func
    return is_one and is_asked_for(one) and is_asked_for(other)


def changed_in(loop: Statement) -> set[str]:
    """Return the names that a loop changes: numbers that it adds up, meters that it updates."""
    found: set[str] = set()
    for statement in walk((loop,)):
        if isinstance(statement, Assign | Update):
            found |= bound_by(statement)
        for part in subexpressions(header(statement)):
            match part:
                case Call(Attribute(owner, method)) if method in GATHERING:
                    found.add(dotted(owner))
    return found - {""}


def bound_by(statement: Statement) -> set[str]:
    """Return the names that a statement binds."""
    match statement:
        case Assign(_, targets):
            items = [i for t in targets for i in (t.items if isinstance(t, Sequence) else (t,))]
            return {base_of(each) for each in items} - {"?"}
        case Update(_, target):
            return {base_of(target)} - {"?"}
    return set()


def kept(scene: Scene, names: set[str]) -> Iterator[tuple[Statement, Expression]]:
    """Yield what keeps the best of values that come from some names."""
    for statement in walk(scene.body):
        if isinstance(statement, If):
            best = {dotted(each) for each in assigned(statement)}
            for part in subexpressions(statement.test):
                match part:
                    case Compare(left, ((operator, right),)) if operator in ORDER:
                        for mine, its in ((left, right), (right, left)):
                            if base_of(mine) in best and comes_from(its, names, scene):
                                yield statement, part
                                break
        elif isinstance(statement, Assign):
            match statement.value:
                case Call(Name("max" | "min"), (left, right)):
                    bound = bound_by(statement)
                    for mine, its in ((left, right), (right, left)):
                        if base_of(mine) in bound and comes_from(its, names, scene):
                            yield statement, statement.value
                            break


def comes_from(expression: Expression, names: set[str], scene: Scene, steps: int = 0) -> bool:
    """Tell whether a value is computed from one of some names."""
    for part in subexpressions(expression):
        text = dotted(part) if isinstance(part, Name | Attribute) else ""
        if not text:
            continue
        if text in names:
            return True
        if steps < MAX_STEPS and isinstance(part, Name):
            for entry in scene.table.get(text, ()):
                value = entry.value
                if value is None or isinstance(value, Constant) or value is expression:
                    continue
                if entry.kind == "value" and comes_from(value, names, scene, steps + 1):
                    return True
    return False
