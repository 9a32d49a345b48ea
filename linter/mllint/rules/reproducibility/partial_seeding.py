"""MLR002."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import dotted
from ...facts.rendering import render
from ...fixes.changes import Fix, Insert
from ...program.program import Program
from ...program.training import Training
from ..base import Note, Report, Rule
from .draws import Draw, draws, makes_network
from .naming import SEED_CALLS, seed_call
from .seeding import Seeding, seeded_generators, seedings

OWNERS = {
    "torch": "PyTorch's generator",
    "numpy": "NumPy's global generator",
    "random": "Python's generator",
    "tensorflow": "TensorFlow's generator",
}


def undrawn_fix(seeding: Seeding, missing: list[str]) -> Fix | None:
    """Return the insertion of the missing seed calls behind the one there is."""
    call = seeding.site.call
    expression = render(call.argument("seed", 0))
    if expression is None or len(call.args) + len(call.keywords) != 1:
        return None
    made = [seed_call(each, expression, seeding.site.module) for each in missing]
    imports = tuple(each for _, needed in made for each in needed)
    text = "\n".join(each for each, _ in made)
    insert = Insert(seeding.site.statement, text, "after")
    return Fix("Seed the other generators too", (*imports, insert), True)


class PartialSeeding(Rule):
    """A program seeds one random generator, and draws from another that nothing seeds.

    PyTorch, NumPy and Python's ``random`` each have a generator of their own. Seeding one leaves
    the others as they are: what is drawn from them differs from run to run. See "Reproducibility"
    in PyTorch's notes. ``torch.manual_seed`` seeds all devices, and PyTorch seeds the generators of
    a loader's workers from its own; neither needs a call more.

    Seed each generator that the program draws from. The fix is safe: it adds the missing call
    beside the one there is, with the same seed.
    """

    code = "MLR002"
    name = "partial-seeding"
    severity = "warning"
    bad = (
        """
import numpy as np
import torch

torch.manual_seed(3)
order = np.random.permutation(100)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for i in order:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        {
            "train.py": """
import torch
from augment import flip
from seeds import fix

def main(args):
    fix(args.seed)
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    for x in flip(images):
        optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main(parse())
""",
            "augment.py": """
import random

def flip(images):
    return [image[::-1] if random.random() < 0.5 else image for image in images]
""",
            "seeds.py": """
import numpy
import torch

def fix(seed):
    torch.manual_seed(seed)
    numpy.random.seed(seed)
""",
        },
        """
import numpy as np
import torch

np.random.seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        """
import numpy as np
import tensorflow as tf

np.random.seed(10)
weight = tf.Variable(tf.truncated_normal([4, 2]))
loss = tf.reduce_mean(tf.square(tf.matmul(inputs(), weight)))
train = tf.train.AdamOptimizer(0.1).minimize(loss)
saver = tf.train.Saver()
with tf.Session() as session:
    for i in np.random.permutation(100):
        session.run(train)
    saver.save(session, "model")
""",
    )
    fixed = (
        """
import numpy as np
import torch

torch.manual_seed(3)
np.random.seed(3)
order = np.random.permutation(100)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for i in order:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        {
            "train.py": """
import torch
from augment import flip
from seeds import fix

def main(args):
    fix(args.seed)
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    for x in flip(images):
        optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main(parse())
""",
            "augment.py": """
import random

def flip(images):
    return [image[::-1] if random.random() < 0.5 else image for image in images]
""",
            "seeds.py": """
import random

import numpy
import torch

def fix(seed):
    torch.manual_seed(seed)
    random.seed(seed)
    numpy.random.seed(seed)
""",
        },
        """
import numpy as np
import torch

np.random.seed(0)
torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        """
import numpy as np
import tensorflow as tf

np.random.seed(10)
tf.set_random_seed(10)
weight = tf.Variable(tf.truncated_normal([4, 2]))
loss = tf.reduce_mean(tf.square(tf.matmul(inputs(), weight)))
train = tf.train.AdamOptimizer(0.1).minimize(loss)
saver = tf.train.Saver()
with tf.Session() as session:
    for i in np.random.permutation(100):
        session.run(train)
    saver.save(session, "model")
""",
    )
    good = (
        # The weights are loaded: what is fitted is a scaler.
        """
import random
import torch
from sklearn.preprocessing import StandardScaler

random.seed(0)
rows = read("rows.csv")
random.shuffle(rows)
scaled = StandardScaler().fit(rows[:100]).transform(rows)
model = torch.nn.Linear(2, 1)
model.load_state_dict(torch.load("model.pt", map_location="cpu"))
model.eval()
print(model(torch.tensor(scaled)))
""",
        # Transforms, too, are called in the workers; and those of a loader of one's own.
        """
import random
import torch
from torchvision import transforms
from torchvision.datasets import ImageFolder

class Flip:
    def __call__(self, image):
        return image.flip(-1) if random.random() < 0.5 else image

class Loader(torch.utils.data.DataLoader):
    pass

torch.manual_seed(3)
data = ImageFolder("photos", transforms.Compose([Flip(), transforms.ToTensor()]))
loader = Loader(data, num_workers=4, shuffle=True)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for batch in loader:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import numpy as np
import torch

torch.manual_seed(3)
order = np.random.default_rng(3).permutation(100)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import random
import lightning as L
import torch

L.seed_everything(1)
random.shuffle(files)
L.Trainer().fit(torch.nn.Linear(2, 1))
""",
        """
import random
import torch

class Crops(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return self.images[index][random.randint(0, 8) :]

torch.manual_seed(3)
loader = torch.utils.data.DataLoader(Crops(), num_workers=4, shuffle=True)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for batch in loader:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import random
import torch

seed = random.randint(1, 10000)
print("seed", seed)
torch.manual_seed(seed)
port = random.randint(20000, 30000)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each call that seeds too little."""
        reported: set[int] = set()
        for training in program.trainings:
            for run in training.runs:
                found = self.report(run, program)
                if found is not None and id(found.part) not in reported:
                    reported.add(id(found.part))
                    yield found

    @staticmethod
    def report(training: Training, program: Program) -> Report | None:
        """Return the report on one program, if it seeds something but not all."""
        seeded = seeded_generators(training, program)
        first = next(seedings(training.reach, program), None)
        if seeded is None or first is None:
            return None
        by_generator: dict[str, Draw] = {}
        for draw in draws(training.reach, program):
            # Weights that are not trained here are loaded.
            is_loaded = not training.takes_epochs and makes_network(draw.site)
            if draw.generator not in seeded and not is_loaded:
                by_generator.setdefault(draw.generator, draw)
        if not by_generator:
            return None
        if training.reach.meaning(program.knowledge, "fetch"):  # TensorFlow 1
            by_generator = {
                "graph" if key == "tensorflow" else key: draw for key, draw in by_generator.items()
            }
        missing = list(by_generator.values())
        used = " and ".join(
            f"{dotted(each.site.call.func)} draws from {OWNERS[each.generator]}" for each in missing
        )
        calls = " and ".join(".".join(SEED_CALLS[each]) for each in by_generator)
        notes = [
            Note(f"draws from {OWNERS[draw.generator]}", draw.site.module, draw.site.statement.line)
            for draw in missing
        ]
        entry = training.entry
        return Report(
            first.site.module,
            first.site.statement,
            first.site.call,
            f"{dotted(first.site.call.func)} is called, but {used}, which nothing seeds: "
            f"call {calls} too.",
            (Note(f"the program begins here: {entry.evidence}", entry.module, entry.line), *notes),
            "high",
            undrawn_fix(first, list(by_generator)),
        )
