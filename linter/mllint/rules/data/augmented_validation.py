"""MLD011."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Constant, Sequence
from ...facts.statements import Assign, walk
from ...program.objects import Objects, Thing, Things, label
from ...program.parts import Part, Partition
from ...program.phases import Phases, Use, phases_of
from ...program.program import Program
from ..base import Note, Report, Rule

WORDS = ("random_split", "Subset", "SubsetRandomSampler")
# Arguments of data sets that are done to inputs.
TRANSFORMS = ("transform", "transforms")
MAX_NESTING = 5


class AugmentedValidation(Rule):
    """One data set with random transforms is split, so that validation is augmented as well.

    A part of a data set has the transforms of the whole: the score is measured on randomly cropped
    and flipped inputs, differs from run to run, and says little of those that the model will meet.
    Setting ``part.dataset.transform`` changes both parts, as they share the data set.

    Make the data set twice, with and without the random transforms, and take the training part from
    the one and the validation part from the other, by the same indices.
    """

    code = "MLD011"
    name = "augmented-validation"
    severity = "warning"
    bad = (
        """
from torch.utils.data import DataLoader, random_split
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

data = ImageFolder("photos", T.Compose([T.RandomCrop(32), T.ToTensor()]))
train, val = random_split(data, [0.9, 0.1])
for x, y in DataLoader(train, shuffle=True):
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in DataLoader(val):
    hits = (model(x).argmax(1) == y).sum()
""",
        """
import torch
from torch.utils.data import DataLoader, SubsetRandomSampler
from torchvision import datasets, transforms

def run(train):
    augment = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
    data = datasets.CIFAR10("data", train=True, transform=augment)
    order = list(range(len(data)))
    train_loader = DataLoader(data, sampler=SubsetRandomSampler(order[5000:]))
    valid_loader = DataLoader(data, sampler=SubsetRandomSampler(order[:5000]))
    for x, y in train_loader:
        criterion(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in valid_loader:
            loss = torch.nn.functional.cross_entropy(model(x), y)

if __name__ == "__main__":
    run(train)
""",
    )
    good = (
        """
from torch.utils.data import DataLoader, Subset
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

train = Subset(ImageFolder("photos", T.Compose([T.RandomCrop(32), T.ToTensor()])), first)
val = Subset(ImageFolder("photos", T.Compose([T.CenterCrop(32), T.ToTensor()])), second)
for x, y in DataLoader(train, shuffle=True):
    criterion(model(x), y).backward()
model.eval()
for x, y in DataLoader(val):
    hits = (model(x).argmax(1) == y).sum()
""",
        # The part gets a data set of its own.
        """
import copy
from torch.utils.data import DataLoader, random_split
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

data = ImageFolder("photos", T.Compose([T.RandomCrop(32), T.ToTensor()]))
train, val = random_split(data, [0.9, 0.1])
val.dataset = copy.copy(data)
val.dataset.transform = T.ToTensor()
for x, y in DataLoader(train, shuffle=True):
    criterion(model(x), y).backward()
model.eval()
for x, y in DataLoader(val):
    hits = (model(x).argmax(1) == y).sum()
""",
        # Both parts are trained on, by two clients.
        """
from torch.utils.data import DataLoader, random_split
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

data = ImageFolder("photos", T.Compose([T.RandomCrop(32), T.ToTensor()]))
for part in random_split(data, [0.5, 0.5]):
    for x, y in DataLoader(part, shuffle=True):
        criterion(model(x), y).backward()
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each augmented data set that a part of is evaluated on."""
        seen: set[object] = set()
        for entry in program.programs_mentioning(*WORDS):
            phases = phases_of(program, entry)
            partition = Partition(phases.objects, program.knowledge)
            augmentations = Augmentations(phases.objects, program)
            for use, part in evaluated(phases, partition):
                random = augmentations.of_data(part.thing)
                if random is None or id(part.thing.expression) in seen:
                    continue
                seen.add(id(part.thing.expression))
                yield report(use, part, random, switched(part, phases))


def evaluated(phases: Phases, partition: Partition) -> Iterator[tuple[Use, Part]]:
    """Yield the parts that are evaluated on, of data sets of which another part is trained on."""
    trained = [
        part
        for use in phases.uses
        if use.purpose == "train"
        for part in partition.parts(use.thing)
        if part.cuts
    ]
    for use in phases.uses:
        if use.purpose == "train":
            continue
        parts = partition.parts(use.thing)
        if len(parts) != 1 or not parts[0].cuts:
            continue
        (part,) = parts
        if any(
            other.thing is part.thing and partition.overlap(other, part) is None
            for other in trained
        ) and not has_own_data(part, phases):
            yield use, part


def has_own_data(part: Part, phases: Phases) -> bool:
    """Tell whether a part is given a data set of its own: ``val.dataset = copy(data)``."""
    return any(
        isinstance(target, Attribute) and target.attr == "dataset"
        for scene in phases.play.scenes
        if scene.frame.function is part.cuts[-1].thing.scene.frame.function
        for statement in walk(scene.body)
        if isinstance(statement, Assign)
        for target in statement.targets
    )


def switched(part: Part, phases: Phases) -> int | None:
    """Return the line in which the transform of a part's data set is set, if it is."""
    scene = part.cuts[-1].thing.scene
    for statement in walk(scene.body):
        if isinstance(statement, Assign):
            for target in statement.targets:
                match target:
                    case Attribute(Attribute(_, "dataset"), attr) if attr in TRANSFORMS:
                        return statement.line
    return None


class Augmentations:
    """Finds random transforms."""

    def __init__(self, objects: Objects, program: Program) -> None:
        self.objects = objects
        self.knowledge = program.knowledge

    def of_data(self, data: Thing) -> Thing | None:
        """Return a random transform that a data set is made with."""
        call = data.call
        if call is None:
            return None
        handed = [call.keyword(name) for name in TRANSFORMS if call.keyword(name) is not None]
        if not handed:
            handed = list(call.args)
        found = [
            self.random(self.objects.things(each, data.scene, data.statement)) for each in handed
        ]
        return next((each for each in found if each is not None), None)

    def random(self, transforms: Things, depth: int = 0) -> Thing | None:
        """Return a random transform within some, if all that it may be have one."""
        first: Thing | None = None
        for each in transforms:
            found = self.within(each, depth)
            if found is None:
                return None
            first = first or found
        return first

    def within(self, transform: Thing, depth: int) -> Thing | None:
        """Return a random transform in a composition."""
        call = transform.call
        if self.knowledge.means("augment", transform.names):
            never = call is not None and call.keyword("p") in (Constant(0), Constant(0.0))
            return None if never else transform
        if depth > MAX_NESTING:
            return None
        inside = transform.expression.items if isinstance(transform.expression, Sequence) else ()
        if call is not None and composes(call):
            inside = call.args + tuple(value for _, value in call.keywords)
        for each in inside:
            things = self.objects.things(each, transform.scene, transform.statement)
            found = self.random(things, depth + 1)
            if found is not None:
                return found
        return None


def composes(call: Call) -> bool:
    """Tell whether a call puts transforms together."""
    last = call.func[-1] if isinstance(call.func, tuple) and call.func else ""
    return last in ("Compose", "Sequential", "list", "tuple")


def report(use: Use, part: Part, random: Thing, line: int | None) -> Report:
    """Return the report of an augmented part."""
    data, name = label(part.thing), label(use.thing)
    cut = part.cuts[-1].thing
    notes = [
        Note(f"made random by `{label(random)}`", random.scene.module, random.line),
        Note("split here", cut.scene.module, cut.line),
        Note(f"evaluated on `{name}` here", use.scene.module, use.statement.line),
    ]
    if line is not None:
        notes.append(Note("this sets the transform of both parts", cut.scene.module, line))
        text = (
            f"The parts of `{data}` share one data set, so setting the transform of one sets it "
            "for all: make the data set twice, with each of the transforms."
        )
    else:
        text = (
            f"`{name}` has the random transforms of `{data}`, which training uses too: make the "
            "data set a second time without them, and take the part from that."
        )
    return Report(
        part.thing.scene.module,
        part.thing.statement or 1,
        part.thing.expression,
        text,
        tuple(notes),
    )
