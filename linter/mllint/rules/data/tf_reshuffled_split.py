"""MLD012."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import Attribute, Call, Constant
from ...facts.statements import Assign, Return
from ...fixes.changes import Fix, SetArgument
from ...program.entries import Entry
from ...program.objects import Thing, Things, label
from ...program.phases import Phases
from ...program.program import Program
from ...program.symbols import Module
from ..base import Note, Report, Rule

# Methods of tf.data that leave the order of the rows to what is before them.
STEPS = frozenset(
    {
        "map",
        "batch",
        "prefetch",
        "unbatch",
        "enumerate",
        "filter",
        "with_options",
        "apply",
        "repeat",
    }
    | {"padded_batch", "ragged_batch", "take", "skip"}
)
# Readers that shuffle anew each time, unless they are told not to.
READERS = frozenset(
    {"image_dataset_from_directory", "text_dataset_from_directory", "audio_dataset_from_directory"}
)
# Libraries whose rows have methods of the same names, and the library that is meant.
OTHERS = frozenset({"datasets", "torch", "pandas", "pyspark", "ray", "webdataset", "grain"})
MEANT = frozenset({"tensorflow", "tensorflow_datasets", "keras"})
MAX_STEPS = 20


class Shuffled(NamedTuple):
    """A part that is cut from what is shuffled.

    Attributes:
        cut: The call of ``take`` or ``skip``.
        shuffle: The call that shuffles.
    """

    cut: Thing
    shuffle: Thing


class TfReshuffledSplit(Rule):
    """A ``tf.data`` set is shuffled, and then split by ``take`` and ``skip``.

    ``shuffle`` draws a new order each time the set is gone over, with a seed too. So the first rows
    are others in each epoch, and training and validation exchange rows: after some epochs the model
    has seen all that it is validated on. See `tf.data.Dataset.shuffle`.

    Shuffle with ``reshuffle_each_iteration=False`` before the split, and the training part once
    more behind it. The fix hands that argument, and is safe.
    """

    code = "MLD012"
    name = "tf-reshuffled-split"
    severity = "error"
    bad = (
        """
import tensorflow as tf

rows = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000)
val = rows.take(100).batch(32)
train = rows.skip(100).batch(32)
model.fit(train, validation_data=val, epochs=10)
""",
        """
def parts(ds, size, train_share=0.8, shuffle=True):
    if shuffle:
        ds = ds.shuffle(10000, seed=12)
    count = int(train_share * size)
    train_ds = ds.take(count)
    val_ds = ds.skip(count)
    return train_ds, val_ds

train_ds, val_ds = parts(read(), 1000)
""",
        """
from tensorflow import keras

images = keras.utils.image_dataset_from_directory("photos", image_size=(64, 64))
train = images.take(80)
test = images.skip(80).take(20)
""",
    )
    good = (
        """
from datasets import load_dataset

def parts(rows, size):
    rows = rows.shuffle(buffer_size=1000, seed=3)
    parts = {}
    parts["validation"] = rows.take(size)
    parts["train"] = rows.skip(size)
    return parts

found = parts(load_dataset("c4", streaming=True)["train"], 100)
""",
        """
import tensorflow as tf

rows = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000, reshuffle_each_iteration=False)
val = rows.take(100)
train = rows.skip(100).shuffle(1000)
""",
        """
import tensorflow as tf

rows = tf.data.Dataset.from_tensor_slices((x, y))
val = rows.take(100)
train = rows.skip(100).shuffle(1000)
for batch in train.take(1):
    print(batch)
""",
        """
from datasets import load_dataset

rows = load_dataset("text", split="train", streaming=True).shuffle(seed=0)
val = rows.take(100)
train = rows.skip(100)
""",
        """
import tensorflow as tf

rows = tf.data.Dataset.range(100).shuffle(100)
for row in rows.take(3):
    print(row)
rest = rows.skip(3)
""",
        """
import tensorflow as tf

rows = tf.data.Dataset.range(100).shuffle(100).cache()
train = rows.take(80)
test = rows.skip(80)
""",
    )
    fixed = (
        """
import tensorflow as tf

rows = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000, reshuffle_each_iteration=False)
val = rows.take(100).batch(32)
train = rows.skip(100).batch(32)
model.fit(train, validation_data=val, epochs=10)
""",
        """
def parts(ds, size, train_share=0.8, shuffle=True):
    if shuffle:
        ds = ds.shuffle(10000, seed=12, reshuffle_each_iteration=False)
    count = int(train_share * size)
    train_ds = ds.take(count)
    val_ds = ds.skip(count)
    return train_ds, val_ds

train_ds, val_ds = parts(read(), 1000)
""",
        None,
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each call that shuffles what is then split."""
        seen: set[int] = set()
        for module in program.mentioning("skip"):
            if "take" not in module.source.outline.words or is_of_another(module):
                continue
            phases = Phases(program, Entry(module, 1, "the file", "script"))
            phases.play.open_all(module)
            for taken, skipped in pairs(phases):
                if id(taken.shuffle.call) not in seen:
                    seen.add(id(taken.shuffle.call))
                    yield report(taken, skipped)


def is_of_another(module: Module) -> bool:
    """Tell whether a file uses another library's rows, and none of TensorFlow's."""
    return not OTHERS.isdisjoint(module.libraries) and MEANT.isdisjoint(module.libraries)


def pairs(phases: Phases) -> Iterator[tuple[Shuffled, Shuffled]]:
    """Yield a part taken and one skipped of what the same call shuffles."""
    cuts: dict[str, list[Shuffled]] = {"take": [], "skip": []}
    for scene in phases.play.scenes:
        for site in scene.activity.sites:
            func = site.call.func
            if not isinstance(func, Attribute) or func.attr not in cuts:
                continue
            if not isinstance(site.statement, Assign | Return):
                continue  # only looked at, in a loop
            objects = phases.objects
            made = objects.things(site.call, scene, site.statement)
            before = objects.things(func.value, scene, site.statement)
            for shuffle in shuffles(before, phases):
                if len(made) == 1:
                    cuts[func.attr].append(Shuffled(made[0], shuffle))
    for taken in cuts["take"]:
        for skipped in cuts["skip"]:
            if taken.shuffle is skipped.shuffle:
                yield taken, skipped
                break


def shuffles(before: Things, phases: Phases) -> Iterator[Thing]:
    """Yield the calls that shuffle, and of which the rows that a part is cut from come."""
    waiting = [(thing, 0) for thing in before]
    while waiting:
        thing, steps = waiting.pop()
        call = thing.call
        if call is None or thing.path or steps > MAX_STEPS:
            continue
        last = call.func[-1] if isinstance(call.func, tuple) and call.func else ""
        if any(name.partition(".")[0] in OTHERS for name in thing.names):
            continue
        if last == "shuffle" and isinstance(call.func, Attribute):
            if call.argument("reshuffle_each_iteration", 2) is None and call.args + call.keywords:
                yield thing
        elif last in READERS and call.argument("shuffle", 6) != Constant(False):
            yield thing
        elif last in STEPS and isinstance(call.func, Attribute):
            waiting += [(each, steps + 1) for each in phases.objects.receiver(thing)]


def report(taken: Shuffled, skipped: Shuffled) -> Report:
    """Return the report of what is shuffled and split."""
    thing = taken.shuffle
    call = thing.call
    assert isinstance(call, Call)
    assert thing.statement is not None
    one, other = label(taken.cut), label(skipped.cut)
    by_shuffle = isinstance(call.func, Attribute) and call.func.attr == "shuffle"
    advice = (
        "hand `shuffle` `reshuffle_each_iteration=False`"
        if by_shuffle
        else "read with `validation_split` and `subset`, or with `shuffle=False`"
    )
    change = SetArgument(thing.statement, call, "reshuffle_each_iteration", "False")
    return Report(
        thing.scene.module,
        thing.statement,
        call,
        f"The rows are shuffled anew in each epoch, so `{one}` and `{other}` exchange rows: "
        f"{advice}.",
        (
            Note("taken here", taken.cut.scene.module, taken.cut.line),
            Note("skipped here", skipped.cut.scene.module, skipped.cut.line),
        ),
        "high",
        Fix("Keep the order between epochs", (change,), True) if by_shuffle else None,
    )
