"""MLR008."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import Name, dotted, subexpressions
from ...facts.statements import Evaluate, Function, walk
from ...fixes.changes import AddImport, Fix, Insert, Move
from ...program.activity import Site
from ...program.order import Trail, are_alternatives, in_order
from ...program.program import Program
from ...program.training import Training
from ...program.values import Library, Type
from ..base import Note, Report, Rule
from .draws import constant, drawn, draws_in_estimator, is_for_no_model, makes_loader
from .seeding import may_seed, seeded_generators, worker_functions

# What checkpoints are called that have a head already.
WITH_HEAD = ("tuned", "mnli", "sst", "sentiment", "emotion", "squad", "conll", "ner-")
ALL = frozenset({"random", "numpy", "torch", "tensorflow"})


class Late(NamedTuple):
    """A call that seeds a generator, and what drew from it before."""

    seeding: Site
    draw: Site
    is_trainer: bool  # its constructor seeds


def names_of(site: Site, program: Program) -> Iterator[str]:
    """Yield what a call calls, and what a class of the project that it makes inherits from."""
    yield from site.names
    for value in site.values:
        if isinstance(value, Type):
            ancestry = program.evaluator.ancestry(value.symbol)
            yield from (each.name for each in ancestry if isinstance(each, Library))


def drawn_at_once(site: Site, program: Program) -> set[str]:
    """Return the generators that a call draws from when it is carried out."""
    knowledge = program.knowledge
    if any(knowledge.canonical(name).startswith("keras.") for name in site.names):
        return set()  # layers draw their weights when they meet their first input
    if makes_loader(site) or knowledge.means("draws-later", site.names):
        return set()  # it draws when it is iterated
    if draws_in_estimator(site, program):
        return set()  # it draws when it is fitted
    if isinstance(site.statement, Function):
        return set()  # a default, made when the module is loaded, that calls may do without
    found = set(drawn(site, program))
    if knowledge.means("random-head", site.names):
        checkpoint = str(constant(site.call.argument("pretrained_model_name_or_path", 0),
                                  site.frame, program)).lower()  # fmt: skip
        if not any(word in checkpoint for word in WITH_HEAD):
            found.add("torch")
    return found


def may_seed_late(site: Site, program: Program) -> bool:
    """Tell whether a call seeds, by itself or as a trainer's constructor does."""
    knowledge = program.knowledge
    return knowledge.seeded(site.names) is not None or knowledge.means(
        "seeding-trainer", names_of(site, program)
    )


def counts(site: Site, program: Program) -> bool:
    """Tell whether a call draws, seeds or may seed: the others need not be put in order."""
    return (
        may_seed_late(site, program)
        or may_seed(site, program)
        or (bool(drawn_at_once(site, program)) and not is_for_no_model(site, program))
    )


def find_late(training: Training, program: Program) -> Late | None:
    """Return the first call of a program that seeds what was drawn from already."""
    knowledge = program.knowledge
    if not training.reach.where(may_seed_late, program):
        return None
    counting = {id(site) for site in training.reach.where(counts, program)}
    in_workers = worker_functions(training.reach, program)
    first_draws: dict[str, list[tuple[Site, Trail]]] = {}
    done: set[str] = set()
    for site, trail in in_order(training.entry, program.explorer):
        if id(site) not in counting or site.frame.function in in_workers:
            continue
        generators = knowledge.seeded(site.names)
        is_trainer = generators is None and knowledge.means(
            "seeding-trainer", names_of(site, program)
        )
        if generators is None and not is_trainer:
            if may_seed(site, program):
                return None
            for generator in drawn_at_once(site, program) - done:
                first_draws.setdefault(generator, []).append((site, trail))
            continue
        for generator in sorted((ALL if generators is None else generators) - done):
            for draw, way in first_draws.get(generator, ()):
                if not are_alternatives((*way, draw), (*trail, site)):
                    return Late(site, draw, is_trainer)
            done.add(generator)
    return None


def moving_fix(late: Late) -> Fix | None:
    """Return the move of the seed call, or a call more where a trainer seeds, above the draw."""
    seeding, draw = late.seeding, late.draw
    if late.is_trainer:
        if draw.module is not seeding.module:
            return None
        insert = Insert(
            draw.statement, "set_seed(42)"
        )  # the seed that training arguments default to
        changes = (AddImport("from transformers import set_seed"), insert)
        return Fix("Seed before the model is made", changes, False)
    if (
        draw.frame != seeding.frame
        or draw.around != seeding.around
        or not isinstance(seeding.statement, Evaluate)
    ):
        return None
    owner = draw.frame.function or draw.module
    used = {part.id for part in subexpressions(seeding.call) if isinstance(part, Name)}
    between = [
        each
        for each in walk(owner.body)
        if draw.statement.line <= each.line < seeding.statement.line
    ]
    bound = {
        part.id
        for each in between
        for target in getattr(each, "targets", ()) or getattr(each, "names", ())
        for part in subexpressions((target,))
        if isinstance(part, Name)
    }
    if used & bound or any("import" in type(each).__name__.lower() for each in between):
        return None
    return Fix("Seed first", (Move(seeding.statement, draw.statement, "before"),), False)


class SeedAfterRandomUse(Rule):
    """A generator is seeded after the program has drawn from it.

    What was drawn before, the weights of a model for instance, differs from run to run, in a
    program that looks seeded. ``Trainer`` of Transformers seeds in its constructor, when the new
    head of the model that it is handed, or its adapters, are drawn already (transformers#11965,
    trl#4887).

    Seed first. The fix is unsafe: all that is drawn between the two places changes.
    """

    code = "MLR008"
    name = "seed-after-random-use"
    severity = "warning"
    bad = (
        """
import torch

model = torch.nn.Linear(2, 1)
torch.manual_seed(3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        """
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
trainer = Trainer(model, TrainingArguments("out"))
trainer.train()
""",
        {
            "train.py": """
from net import Net
from seeds import fix
import torch

def main():
    net = Net()
    fix(3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main()
""",
            "net.py": """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
""",
            "seeds.py": """
import torch

def fix(seed):
    torch.manual_seed(seed)
""",
        },
    )
    fixed = (
        """
import torch

torch.manual_seed(3)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        """
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
from transformers import set_seed

set_seed(42)
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
trainer = Trainer(model, TrainingArguments("out"))
trainer.train()
""",
        None,
    )
    good = (
        # A number that goes into the name of the run.
        """
import random
import time
import torch

stamp = time.strftime("%d-%b")
stamp += "_{:0>6d}".format(random.randint(0, 100000))
random.seed(3)
torch.manual_seed(3)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters())
for x, y in batches():
    torch.nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
torch.save(model.state_dict(), stamp)
""",
        # A function that does nothing but show rows that it picks.
        """
import random
import pandas as pd
from IPython.display import HTML, display
from transformers import Trainer

def show_some(rows, count=10):
    assert count <= len(rows)
    picks = []
    for _ in range(count):
        pick = random.randint(0, len(rows) - 1)
        while pick in picks:
            pick = random.randint(0, len(rows) - 1)
        picks.append(pick)
    table = pd.DataFrame(rows[picks])
    for column in table:
        table[column] = table[column].transform(str)
    display(HTML(table.to_html()))

rows = read()
show_some(rows)
trainer = Trainer(make(), train_dataset=rows)
trainer.train()
""",
        # What makes initial values draws them when the variables are made.
        """
import numpy as np
import tensorflow as tf

initial = tf.contrib.layers.xavier_initializer()
tf.set_random_seed(3)
weights = tf.get_variable("w", (2, 1), initializer=initial)
loss = tf.reduce_mean(tf.square(tf.matmul(tf.zeros((1, 2)), weights)))
step = tf.train.AdamOptimizer(0.1).minimize(loss)
with tf.Session() as session:
    for batch in batches():
        session.run(step, batch)
    tf.train.Saver().save(session, "model")
""",
        """
import torch

torch.manual_seed(3)
model = torch.nn.Linear(2, 1)
for fold in range(3):
    torch.manual_seed(fold)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        # A sampler draws when it is iterated; a default is made for calls that do without.
        """
import torch
from torch.utils.data import DataLoader, RandomSampler

class Scorer(torch.nn.Module):
    def __init__(self, body=torch.nn.Linear(2, 2)):
        super().__init__()
        self.body = body

loader = DataLoader(rows, sampler=RandomSampler(rows))
torch.manual_seed(3)
model = Scorer(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in loader:
    model.body(x).sum().backward()
    optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        # What a context draws, it seeds when it is entered.
        """
import random
import torch

class Seeded:
    def __init__(self, seed):
        self.seed = seed

    def __enter__(self):
        self.state = random.getstate()
        random.seed(self.seed)

    def __exit__(self, *error):
        random.setstate(self.state)

with Seeded(3):
    random.shuffle(rows)
random.seed(1)
torch.manual_seed(1)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        # A program that either trains, seeded, or only looks.
        """
import sys
import torch

def look():
    print(torch.nn.Linear(2, 1))

def train():
    torch.manual_seed(3)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.step()
    torch.save(model.state_dict(), "m.pt")

if len(sys.argv) > 1:
    look()
else:
    train()
""",
        """
import random
import torch

class Noise(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return torch.randn(2)

loader = torch.utils.data.DataLoader(Noise())
seed = random.randint(1, 1000)
random.seed(seed)
torch.manual_seed(seed)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
torch.save(model.state_dict(), "m.pt")
""",
        """
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

model = AutoModelForCausalLM.from_pretrained("gpt2")
Trainer(model, TrainingArguments("out")).train()
""",
        """
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

model = AutoModelForSequenceClassification.from_pretrained("distilbert-finetuned-mnli")
Trainer(model, TrainingArguments("out")).train()
""",
        """
import tensorflow as tf

layer = tf.keras.layers.Dense(3)
tf.random.set_seed(1)
model = tf.keras.Sequential([layer])
model.compile()
model.fit(x, y)
""",
        # What draws only when it is iterated, or fitted.
        """
import numpy as np
import torch
from sklearn.linear_model import SGDClassifier

loader = torch.utils.data.DataLoader(data, shuffle=True)
classifier = SGDClassifier()
torch.manual_seed(1)
np.random.seed(1)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    optimizer.step()
torch.save(model.state_dict(), "m.pt")
classifier.fit(x, y)
""",
        # What is drawn before is printed, a name, drawn by a seeded block, or by a lambda later on.
        """
import random
import uuid
from random import randrange
import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

class Seeded:
    def __init__(self, seed):
        self.seed = seed

    def __enter__(self):
        self.before = random.getstate()
        random.seed(self.seed)

    def __exit__(self, *error):
        random.setstate(self.before)

class Noisy(torch.utils.data.Dataset):
    def __init__(self, texts, noise=lambda text: Noisy.shorten(text)):
        self.texts, self.noise = texts, noise

    def __getitem__(self, index):
        return self.noise(self.texts[index])

    @staticmethod
    def shorten(text):
        return text[: random.randint(1, len(text))]

data = load_dataset("imdb", split="train")
sample = data[randrange(len(data))]
text = sample["text"]
print(text)
for index in random.sample(range(len(data)), 3):
    print(index, data[index])
session = {"session_id": random.random(), "where": "here"}
with Seeded(3):
    random.shuffle(data)
model = AutoModelForCausalLM.from_pretrained("gpt2")
Trainer(model, TrainingArguments("out"), train_dataset=Noisy(data)).train()
""",
        """
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments, set_seed

set_seed(1)
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
Trainer(model, TrainingArguments("out")).train()
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each call that seeds too late."""
        reported: set[int] = set()
        for training in program.trainings:
            if "seed" not in training.owned and seeded_generators(training, program) == frozenset():
                continue
            late = find_late(training, program)
            if late is None or id(late.seeding.call) in reported:
                continue
            reported.add(id(late.seeding.call))
            seeding, draw = late.seeding, late.draw
            seeder, drawer = dotted(seeding.call.func), dotted(draw.call.func)
            where = f"{draw.module.path.name}:{draw.statement.line}"
            yield Report(
                seeding.module,
                seeding.statement,
                seeding.call,
                f"{seeder} seeds after {drawer} has drawn ({where}): what was drawn differs from "
                "run to run; seed before it.",
                (Note("draws here, before", draw.module, draw.statement.line),),
                "medium",
                moving_fix(late),
            )
