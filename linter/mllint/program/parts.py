"""Which rows of which data set something holds, and whether two of them share rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Name,
    Operation,
    Slice,
    Subscript,
    dotted,
)
from ..facts.statements import Evaluate, Statement, walk
from ..knowledge import Knowledge
from .objects import Objects, Thing, Things
from .scenes import Scene
from .values import Library

MAX_CUTS = 6

# Methods and attributes that give all rows, in the same or another order.
KEEPING = frozenset(
    {"copy", "reset_index", "values", "to_numpy", "astype", "numpy", "tolist", "map", "batch"}
    | {"prefetch", "cache", "repeat", "shuffle", "with_format", "set_format", "with_transform"}
    | {"rename_column", "remove_columns", "float", "long", "contiguous", "detach", "clone"}
    | {"rename_columns", "select_columns", "cast_column", "class_encode_column", "flatten"}
    | {"set_transform", "to_tf_dataset", "add_column"}
)
CHOOSING = frozenset({"select", "filter", "take", "skip", "shard"})  # some rows, which is not known
# Functions that draw anew each time: what two calls give overlaps.
DRAWS = frozenset(
    {"numpy.random.choice", "numpy.random.permutation", "random.sample", "torch.randperm"}
    | {"numpy.random.randint", "torch.randint"}
)
ORDERED = frozenset({"builtins.list", "builtins.tuple", "numpy.array", "numpy.asarray"})
SPLITTERS = frozenset({"sklearn.model_selection.train_test_split"})


# Of torchvision's data sets: what does not change which rows they hold, and how others are called.
ASIDE = frozenset(
    {"transform", "target_transform", "transforms", "download", "loader", "is_valid_file"}
)
POSITIONS: dict[object, str] = {0: "root", 1: "train", "split": "train", "image_set": "train"}


class Cut(NamedTuple):
    """One step from a data set to some of its rows.

    Attributes:
        kind: ``split``, ``slice``, ``sample``, ``pick`` (by indices), or ``other``.
        thing: What cuts: the split's call, the slice, the indices.
        which: Of a split: which of its parts.
        inner: Of a pick: how the indices are cut.
    """

    kind: str
    thing: Thing
    which: object = None
    inner: tuple[Cut, ...] = ()


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of a data set.

    Attributes:
        whole: What all rows are known by.
        thing: The data set that has all of them.
        cuts: How the rows were taken from it, outermost first; none are all rows.
    """

    whole: object
    thing: Thing
    cuts: tuple[Cut, ...] = ()


class Overlap(NamedTuple):
    """Why two parts share rows: the kind, and the cuts at which they part."""

    kind: str
    one: Cut | None
    other: Cut | None


class Partition:
    """Finds what parts of which data sets things hold."""

    def __init__(self, objects: Objects, knowledge: Knowledge) -> None:
        self.objects = objects
        self.knowledge = knowledge

    def parts(self, thing: Thing, depth: int = 0) -> tuple[Part, ...]:
        """Return what a loader, subset or data set holds; several if that is not sure."""
        if depth > MAX_CUTS:
            return ()
        path = thing.path
        while (
            path
            and isinstance(path[0], str)
            and path[0].startswith(".")
            and (path[0][1:] in KEEPING)
        ):
            path = path[1:]
        match thing.expression:
            case Call(func):
                return tuple(self._of_call(thing, func, path, depth))
            case Subscript(value, Slice()) if not path:
                whole = self.objects.things(value, thing.scene, thing.statement)
                return self._cut(whole, Cut("slice", thing), depth)
            case Subscript(value, key) if not path and not isinstance(key, Constant):
                whole = self.objects.things(value, thing.scene, thing.statement)
                indices = self.objects.things(key, thing.scene, thing.statement)
                return self._picked(whole, indices, depth)
        return (Part(thing, thing),)

    def _of_call(
        self, thing: Thing, func: Expression, path: tuple[object, ...], depth: int
    ) -> Iterator[Part]:
        means, names = self.knowledge.means, thing.names
        call = thing.call
        if call is None:
            return
        if means("loader", names):
            if path in ((), (".dataset",)):
                yield from self._loaded(thing, depth)
        elif means("subset", names):
            whole = self.objects.argument(thing, "dataset", 0)
            if path == (".dataset",):
                yield from self._cut(whole, None, depth)
            else:
                indices = self.objects.argument(thing, "indices", 1)
                yield from self._picked(whole, indices, depth)
        elif "builtins.range" in names and not path:
            yield Part("range", thing, (Cut("slice", thing),))
        elif not ORDERED.isdisjoint(names) and not path and call.args:
            whole = self.objects.things(call.args[0], thing.scene, thing.statement)
            yield from self._cut(whole, None, depth)
        elif means("random-split", names) and path and isinstance(path[0], int):
            whole = self.objects.argument(thing, "dataset", 0)
            cut = None if path[1:] == (".dataset",) else Cut("split", thing, path[0])
            if not path[1:] or cut is None:
                yield from self._cut(whole, cut, depth)
        elif not SPLITTERS.isdisjoint(names) and len(path) == 1 and isinstance(path[0], int):
            position = path[0] // 2
            if position < len(call.args):
                whole = self.objects.things(call.args[position], thing.scene, thing.statement)
                yield from self._cut(whole, Cut("split", thing, path[0] % 2), depth)
        elif isinstance(func, Attribute) and func.attr == "train_test_split" and len(path) == 1:
            yield from self._cut(self.objects.receiver(thing), Cut("split", thing, path[0]), depth)
        elif isinstance(func, Attribute) and func.attr == "sample" and is_table(names):
            yield from self._cut(self.objects.receiver(thing), Cut("sample", thing), depth)
        elif isinstance(func, Attribute) and func.attr in KEEPING | CHOOSING and are_keys(path):
            whole = self.objects.things(func.value, thing.scene, thing.statement, thing.path)
            cut = None if func.attr in KEEPING else Cut("other", thing)
            yield from self._cut(whole, cut, depth)
        else:
            yield Part(self._whole(thing, path), thing)

    def _whole(self, thing: Thing, path: tuple[object, ...]) -> object:
        """Return what a data set is known by: of a library's, its name and what it was asked for.

        Two calls that ask torchvision for the same split give the same rows.
        """
        call = thing.call
        name = thing.names[0] if len(thing.names) == 1 else ""
        if call is None or path or not name.startswith("torchvision.datasets."):
            return (thing.expression, id(thing.scene), path) if path else thing
        found: list[object] = [name]
        asked = [*enumerate(call.args), *call.keywords]
        for key, handed in asked:
            if key not in ASIDE and not (isinstance(key, int) and key > 1):
                known = self._asked(handed, thing.scene)
                if known is None:
                    return thing
                found.append((POSITIONS.get(key, key), known))
        return tuple(found) if len(found) > 1 else thing

    def _asked(self, handed: Expression, scene: Scene) -> object:
        """Return what an argument is known by; None if the same text may be something else."""
        values = self.objects.play.program.evaluator.evaluate(handed, scene.frame)
        is_told = all(not isinstance(e, Library) or not e.name.endswith("()") for e in values)
        if values and is_told:
            return values if len(values) == 1 else None
        return (dotted(handed), id(scene)) if dotted(handed) else (handed, id(scene))

    def _loaded(self, loader: Thing, depth: int) -> Iterator[Part]:
        """Yield what a loader gives: all rows, or those of its sampler."""
        whole = self.objects.argument(loader, "dataset", 0)
        call = loader.call
        sampler = call and (call.argument("sampler", 3) or call.argument("batch_sampler", 4))
        if sampler is None or sampler == Constant(None):
            yield from self._cut(whole, None, depth)
            return
        for each in self.objects.things(sampler, loader.scene, loader.statement):
            if self.knowledge.means("sampler", each.names):
                yield from self._picked(whole, self.objects.argument(each, "indices", 0), depth)
            elif each.expression != Constant(None):
                yield from self._cut(whole, Cut("other", each), depth)

    def _picked(self, whole: Things, indices: Things, depth: int) -> tuple[Part, ...]:
        """Return the parts that indices pick."""
        found: list[Part] = []
        for each in indices:
            for inner in self.parts(each, depth + 1):
                cut = Cut("pick", inner.thing, inner.whole, inner.cuts)
                found += self._cut(whole, cut, depth)
        return tuple(found)

    def _cut(self, whole: Things, cut: Cut | None, depth: int) -> tuple[Part, ...]:
        """Return parts with one more cut."""
        more = () if cut is None else (cut,)
        return tuple(
            Part(part.whole, part.thing, part.cuts + more)
            for each in whole
            for part in self.parts(each, depth + 1)
        )

    def overlap(self, one: Part, other: Part) -> Overlap | None:
        """Return why two parts share rows, if they must."""
        if not same(one.whole, other.whole):
            return None
        return self._overlap(one.cuts, other.cuts)

    def _overlap(self, one: tuple[Cut, ...], other: tuple[Cut, ...]) -> Overlap | None:
        for mine, its in zip(one, other, strict=False):
            if mine.kind != its.kind or mine.kind == "other":
                return None
            if mine.kind == "pick":
                if mine.thing is its.thing or same(mine.which, its.which):
                    inner = self._overlap(mine.inner, its.inner)
                    if mine.inner != its.inner:
                        return inner
                    continue
                drawn = not DRAWS.isdisjoint(mine.thing.names)
                if drawn and not DRAWS.isdisjoint(its.thing.names):
                    return Overlap("drawn twice", mine, its)
                return None
            if mine.thing.origin == its.thing.origin:
                if mine.which == its.which:
                    continue
                return None
            if mine.kind == "slice":
                return Overlap("slices", mine, its) if slices_meet(mine, its) else None
            if mine.kind == "split" and not self.repeats(mine.thing, its.thing):
                return Overlap("split twice", mine, its)
            return Overlap("drawn twice", mine, its) if mine.kind == "sample" else None
        shared = min(len(one), len(other))
        first = one[shared] if len(one) > shared else None
        second = other[shared] if len(other) > shared else None
        rest = [*one[shared:], *other[shared:]]
        if any(cut.kind == "other" for cut in rest):
            return None
        return Overlap("within" if rest else "same", first, second)

    def repeats(self, one: Thing, other: Thing) -> bool:
        """Tell whether two splits may give the same parts: both are seeded, or both just before."""
        if all(is_seeded(each) for each in (one, other)):
            return True
        seeds = [self.seeded_before(each) for each in (one, other)]
        return seeds[0] is not None and seeds[0] == seeds[1]

    def seeded_before(self, split: Thing) -> object:
        """Return with what the statement right before a split seeds; None if it does not."""
        before: Statement | None = None
        for statement in walk(split.scene.body):
            if statement is split.statement:
                break
            before = statement
        match before:
            case Evaluate(_, Call(func, args, keywords)):
                values = self.objects.play.program.evaluator.evaluate(func, split.scene.frame)
                names = [each.name for each in values if isinstance(each, Library)]
                if self.knowledge.seeded(names):
                    return args, keywords
        return None


def are_keys(path: tuple[object, ...]) -> bool:
    """Tell whether a path leads to a part by its name: what is done to all is done to that."""
    return all(isinstance(each, str) and not each.startswith(".") for each in path)


def is_table(names: tuple[str, ...]) -> bool:
    """Tell whether a method may be that of a pandas table."""
    return not names or any(each.startswith("pandas.") for each in names)


def is_seeded(split: Thing) -> bool:
    """Tell whether a split is handed a seed or generator."""
    call = split.call
    return call is not None and any(
        call.keyword(name) is not None for name in ("generator", "seed", "random_state", "shuffle")
    )


def same(one: object, other: object) -> bool:
    """Tell whether two data sets are the same: one object, or asked for in the same way."""
    if one is other:
        return True
    return isinstance(one, tuple | str) and type(one) is type(other) and one == other


def bounds(expression: Expression) -> tuple[Expression, Expression | None] | None:
    """Return where a slice or range begins and ends; None if it has a step."""
    match expression:
        case Subscript(_, Slice(low, high, None)):
            return low or Constant(0), high
        case Call(Name("range"), (high,)):
            return Constant(0), high
        case Call(Name("range"), (low, high)):
            return low, high
    return None


def slices_meet(one: Cut, other: Cut) -> bool:
    """Tell whether two slices of the same rows must share a good part of them."""
    mine, its = bounds(one.thing.expression), bounds(other.thing.expression)
    if mine is None or its is None:
        return False
    (low, high), (other_low, other_high) = mine, its
    if low == other_low and plain(low):  # both begin at the same row
        return plain(high) and plain(other_high)
    if high is None and other_high is None:  # both go to the end
        return negative(low) and negative(other_low)
    known = [
        each.value
        for each in (low, high, other_low, other_high)
        if isinstance(each, Constant) and isinstance(each.value, int) and each.value >= 0
    ]
    if len(known) < 4:
        return False
    shared = min(known[1], known[3]) - max(known[0], known[2])
    return 2 * shared >= min(known[1] - known[0], known[3] - known[2]) > 0


def plain(bound: Expression | None) -> bool:
    """Tell whether a bound is open, a number that is not negative, or a name."""
    if isinstance(bound, Constant):
        return isinstance(bound.value, int) and bound.value >= 0
    return bound is None or isinstance(bound, Name | Attribute | Operation)


def negative(bound: Expression) -> bool:
    """Tell whether a bound counts from the end."""
    return isinstance(bound, Constant) and isinstance(bound.value, int) and bound.value < 0
