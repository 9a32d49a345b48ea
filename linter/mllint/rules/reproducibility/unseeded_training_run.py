"""MLR001."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Constant, calls, last_name
from ...facts.outline import is_main_test
from ...facts.statements import (
    Class,
    Evaluate,
    Function,
    If,
    Import,
    Statement,
    Try,
    header,
    walk,
)
from ...fixes.changes import Fix, Insert
from ...program.entries import Entry
from ...program.program import Program
from ...program.symbols import Module
from ...program.training import Training
from ..base import Note, Report, Rule
from ..evidence import confidence, training_notes
from ..pictures import trains_inputs
from ..tryouts import tries_out
from .draws import draws, makes_network
from .naming import seed_call
from .seeding import seeds_anything

# What seeds all that a framework draws from.
SEED_CALLS_OF = {
    "keras": "keras.utils.set_random_seed(seed)",
    "tensorflow": "tf.random.set_seed(seed)",
    "lightning": "seed_everything(seed)",
    "transformers": "set_seed(seed)",
    "accelerate": "set_seed(seed)",
    "torch": "torch.manual_seed(seed)",
}


def seeding_fix(training: Training, program: Program) -> Fix | None:
    """Return the insertion of seed calls where a program begins, for what it draws from."""
    entry, place = training.entry, beginning(training.entry)
    drawn = {draw.generator for draw in draws(training.reach, program)}
    names = {program.knowledge.canonical(name) for name in training.site.names}
    if any(name.startswith("keras.") for name in names):
        generators = ["keras"]
    elif is_torch(training):
        generators = [each for each in ("random", "numpy") if each in drawn] + ["torch"]
    else:
        return None
    if place is None:
        return None
    statement, where = place
    made = [seed_call(each, "0", entry.module) for each in generators]
    text = "\n".join(call for call, _ in made)
    imports = tuple(each for _, needed in made for each in needed)
    return Fix("Seed where the program begins", (*imports, Insert(statement, text, where)), False)


def seed_call_of(training: Training, program: Program) -> str:
    """Return the call that seeds what a program trains with, as its users know it."""
    for name in map(program.knowledge.canonical, training.site.names):
        for library, call in SEED_CALLS_OF.items():
            if name.startswith(f"{library}."):
                return call
    return "torch.manual_seed(seed), or your framework's seed call,"


def draws_input(training: Training, program: Program) -> bool:
    """Tell whether a program that optimizes what a network is fed draws anything of that."""
    return not all(makes_network(draw.site) for draw in draws(training.reach, program))


def sureness(training: Training, program: Program) -> str:
    """Return how sure it is that nothing seeds: what is loaded by name may, if the project can."""
    found = confidence(training.reach, program)
    if found == "low" and not any(may_seed(module) for module in program.modules):
        return "medium"
    return found


def may_seed(module: Module) -> bool:
    """Tell whether a module calls anything that could seed: settings named seed do not."""
    words = module.source.outline.words
    return any(names_seed(word) for word in words) and any(
        names_seed(last_name(call)) or any(key and names_seed(key) for key, _ in call.keywords)
        for statement in walk(module.body, into_definitions=True)
        for call in calls(header(statement))
    )


def names_seed(word: str) -> bool:
    """Tell whether a name says that it seeds."""
    return "seed" in word.lower() or word == "PRNGKey"


def is_torch(training: Training) -> bool:
    """Tell whether a program trains with PyTorch."""
    return any(
        name.startswith(("torch.", "lightning.", "pytorch_lightning."))
        for name in training.reach.names
    )


def beginning(entry: Entry) -> tuple[Statement, str] | None:
    """Return the statement where a program begins, and on which side of it there is room."""
    if entry.function is not None:
        definition = entry.function.statement
        return None if definition is None else (definition, "inside")
    for statement in entry.module.body:
        match statement:
            case If(_, test) if entry.kind == "main":
                if is_main_test(test):
                    return statement, "inside"
            case Import() | Function() | Class() | Evaluate(_, Constant()) | Try():
                continue
            case _ if entry.kind != "main":
                return statement, "before"
    return None


class UnseededTrainingRun(Rule):
    """A program trains, and nothing that it reaches seeds a random generator.

    Two runs of it differ by initialisation, order of the data and dropout, so a difference between
    two models may be one between two seeds, and a result can't be had again. See "Reproducibility"
    in PyTorch's notes.

    Seed once, at the beginning of the program, before the model and the data are made. Where the
    seed is set does not matter to this rule: in another module, by a framework, by an argument.

    The fix, which is unsafe, seeds with 0 where the program begins: whether that is where your
    settings are known, only you can say.
    """

    code = "MLR001"
    name = "unseeded-training-run"
    severity = "warning"
    bad = (
        """
import torch

def main():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in data():
        loss = torch.nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save(model.state_dict(), "model.pt")

if __name__ == "__main__":
    main()
""",
        {
            "train.py": """
from lib.trainer import Trainer

Trainer().fit()
""",
            "lib/trainer.py": """
import torch

class Trainer:
    def __init__(self):
        self.model = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.Adam(self.model.parameters())

    def fit(self):
        for batch in self.batches:
            self.model(batch).sum().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        torch.save(self.model, "model.pt")
""",
        },
        """
import importlib
import sys
import torch

network = importlib.import_module(sys.argv[1]).Network()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
for x in data:
    network(x).backward()
    optimizer.step()
torch.save(network, "n.pt")
""",
        # What settings call a seed seeds nothing by itself.
        {
            "train.py": """
import importlib
import sys
import torch

config = importlib.import_module(sys.argv[1])
network = torch.nn.Linear(2, config.width)
optimizer = torch.optim.SGD(network.parameters(), lr=config.make_rate())
for x in config.rows:
    network(x).sum().backward()
    optimizer.step()
torch.save(network.state_dict(), "n.pt")
""",
            "small.py": """
seed = 123
width = 3
""",
        },
        # The step is told once, and taken whenever the graph is run.
        """
import tensorflow as tf

loss = tf.reduce_mean(tf.square(network(inputs) - labels))
optimizer = tf.train.AdamOptimizer(0.1)
step = optimizer.apply_gradients(optimizer.compute_gradients(loss))
with tf.Session() as session:
    for batch in batches():
        session.run(step, batch)
""",
        # Handed no seed, it sets the generator to what nobody knows.
        """
import numpy as np
import torch

def endless(rows):
    while True:
        np.random.seed()
        yield from rows[np.random.permutation(len(rows))]

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in endless(rows):
    model(x).mean().backward()
    optimizer.step()
torch.save(model.state_dict(), "model.pt")
""",
        # What is appended to a list is what comes out of it.
        """
import torch

class Player:
    def __init__(self):
        self.net = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)

    def learn(self, x):
        self.net(x).sum().backward()
        self.optimizer.step()

class Game:
    def __init__(self, count):
        self.players = []
        for _ in range(count):
            player = Player()
            self.players.append(player)

    def play(self, rounds):
        for x in rounds:
            for each in self.players:
                each.learn(x)
        for i, each in enumerate(self.players):
            torch.save(each.net.state_dict(), f"{i}.pt")

Game(2).play(data())
""",
    )
    fixed = (
        """
import torch

def main():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in data():
        loss = torch.nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save(model.state_dict(), "model.pt")

if __name__ == "__main__":
    torch.manual_seed(0)
    main()
""",
        {
            "train.py": """
import torch
from lib.trainer import Trainer

torch.manual_seed(0)
Trainer().fit()
""",
            "lib/trainer.py": """
import torch

class Trainer:
    def __init__(self):
        self.model = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.Adam(self.model.parameters())

    def fit(self):
        for batch in self.batches:
            self.model(batch).sum().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        torch.save(self.model, "model.pt")
""",
        },
        """
import importlib
import sys
import torch

torch.manual_seed(0)
network = importlib.import_module(sys.argv[1]).Network()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
for x in data:
    network(x).backward()
    optimizer.step()
torch.save(network, "n.pt")
""",
        {
            "train.py": """
import importlib
import sys
import torch

torch.manual_seed(0)
config = importlib.import_module(sys.argv[1])
network = torch.nn.Linear(2, config.width)
optimizer = torch.optim.SGD(network.parameters(), lr=config.make_rate())
for x in config.rows:
    network(x).sum().backward()
    optimizer.step()
torch.save(network.state_dict(), "n.pt")
""",
            "small.py": """
seed = 123
width = 3
""",
        },
        None,
        """
import numpy as np
import torch

def endless(rows):
    while True:
        np.random.seed()
        yield from rows[np.random.permutation(len(rows))]

np.random.seed(0)
torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in endless(rows):
    model(x).mean().backward()
    optimizer.step()
torch.save(model.state_dict(), "model.pt")
""",
        """
import torch

class Player:
    def __init__(self):
        self.net = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)

    def learn(self, x):
        self.net(x).sum().backward()
        self.optimizer.step()

class Game:
    def __init__(self, count):
        self.players = []
        for _ in range(count):
            player = Player()
            self.players.append(player)

    def play(self, rounds):
        for x in rounds:
            for each in self.players:
                each.learn(x)
        for i, each in enumerate(self.players):
            torch.save(each.net.state_dict(), f"{i}.pt")

torch.manual_seed(0)
Game(2).play(data())
""",
    )
    good = (
        # What seeds the workers seeds the program itself, which calls it.
        """
import torch

def fix(seed=1):
    torch.manual_seed(seed)

fix(1234)
loader = torch.utils.data.DataLoader(rows, shuffle=True, num_workers=8, worker_init_fn=fix)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
""",
        # Where a function is lowest is found without a draw.
        """
import torch

x = torch.tensor(0.0, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.1)
for step in range(100):
    y = x * x - 2 * x + 1
    optimizer.zero_grad()
    y.backward()
    optimizer.step()
print(x.item())
""",
        # A picture is optimized from what another shows, and nothing is drawn.
        """
import torch
import torchvision

network = torchvision.models.vgg19(pretrained=True).features.eval()
wanted = network(picture("style.png"))
x = picture("content.png").clone().requires_grad_(True)
optimizer = torch.optim.Adam([x], lr=0.1)
for step in range(100):
    loss = torch.nn.functional.mse_loss(network(x), wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
torchvision.utils.save_image(x, "out.png")
""",
        # What a class of a library loads and evaluates calls nothing that trains.
        """
import sys
import torch
from labkit import NetworkBase

class Classifier(NetworkBase):
    def create(self, width):
        super().create(width)
        self.net = torch.nn.Linear(width, 2)

    def training(self, rows):
        optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)
        for x, y in rows:
            torch.nn.functional.cross_entropy(self.net(x), y).backward()
            optimizer.step()

    def test(self, rows):
        return [self.net(x).argmax(1) for x, _ in rows]

classifier = Classifier("runs")
classifier.load(sys.argv[1])
print(classifier.test(rows))
""",
        # A network that can train itself, and does not: PyTorch calls no such method of it.
        {
            "network.py": """
import torch

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x)

    def fit(self, rows):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        for x, y in rows:
            torch.nn.functional.mse_loss(self(x), y).backward()
            optimizer.step()
""",
            "predict.py": """
import torch
from network import Network

network = Network()
network.load_state_dict(torch.load("network.pt"))
network.to("cuda").eval()
print(torch.nn.DataParallel(network)(torch.zeros(2)))
""",
        },
        # One step is taken, to show that it can be.
        """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x)

if __name__ == "__main__":
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loss = torch.nn.functional.mse_loss(net(torch.tensor([[1.0, 2.0]])), torch.tensor([[3.0]]))
    loss.backward()
    optimizer.step()
    print(loss.item())
""",
        # One draw is fitted to another, to show that it can be done.
        """
import torch

if __name__ == "__main__":
    x, y = torch.randn(64, 10), torch.randn(64, 1)
    model = torch.nn.Linear(10, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(500):
        loss = (model(x) - y).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
""",
        # A model that could be trained is loaded and asked.
        {
            "model.py": """
import jax
import optax

class Model:
    def __init__(self, optimizer):
        def step(parameters, state, x):
            gradient = jax.grad(loss)(parameters, x)
            updates, state = optimizer.update(gradient, state, parameters)
            return optax.apply_updates(parameters, updates), state

        def answer(parameters, x):
            return parameters @ x

        self.step = jax.pmap(fun=step)
        self.answer = jax.jit(answer)

    def train(self, x):
        self.parameters, self.state = self.step(self.parameters, self.state, x)

    def predict(self, x):
        return self.answer(self.parameters, x)
""",
            "serve.py": """
import optax
from model import Model

if __name__ == "__main__":
    model = Model(optax.adam(0.1))
    model.parameters = read("weights")
    print(model.predict(inputs()))
""",
        },
        {
            "train.py": """
import importlib
import sys
import torch

importlib.import_module(sys.argv[1]).prepare()
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
            "plugins/fixed.py": """
import torch

def prepare():
    torch.manual_seed(3)
""",
        },
        {
            "train.py": """
import torch
from utils.reproducibility import fix_everything

def main():
    fix_everything(3)
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main()
""",
            "utils/reproducibility.py": """
import torch

def fix_everything(number):
    torch.manual_seed(number)
""",
        },
        """
import argparse
import torch

parser = argparse.ArgumentParser()
args = parser.parse_args()
if args.seed is not None:
    torch.manual_seed(args.seed)
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
from transformers import Trainer, TrainingArguments

trainer = Trainer(model, TrainingArguments("out"))
trainer.train()
""",
        """
import lightning as L
from pytorch_lightning import Trainer

L.seed_everything(1)
Trainer().fit(model)
""",
        """
import torch

class Trainer:
    def fit(self):
        self.optimizer = torch.optim.SGD([], lr=0.1)
        self.optimizer.step()
""",
        """
import torch

model = torch.load("model.pt")
model.eval()
model(torch.randn(3))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that trains unseeded."""
        for training in program.trainings:
            if not training.takes_epochs:  # estimators are MLR005's
                continue
            unseeded = [each for each in training.runs if not seeds_anything(each, program)]
            if not unseeded or tries_out(training, program):
                continue
            if trains_inputs(training, program) and not draws_input(training, program):
                continue
            first, *others = unseeded
            entry = first.entry
            also = [Note("begins here too", each.entry.module, each.entry.line) for each in others]
            yield Report(
                entry.module,
                entry.line,
                None,
                f"{entry.module.path.name} trains, and nothing that it reaches seeds a random "
                f"generator: call {seed_call_of(training, program)} first.",
                (*training_notes(first, "no seeding was found"), *also),
                sureness(first, program),
                seeding_fix(first, program),
            )
