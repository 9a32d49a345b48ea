"""MLC001."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.statements import Statement
from ...program.program import Program
from ...program.training import Training
from ..base import Report, Rule
from ..evidence import confidence, training_notes
from .saving import Saving, writes
from .trials import is_trial


class NoCheckpointing(Rule):
    """A program trains for epochs, and nothing that it reaches saves the model.

    When the process ends, by its end, by a crash or by a time limit, all it learnt is lost.

    Save model and optimizer at intervals; or leave your framework's checkpointing switched on.
    """

    code = "MLC001"
    name = "no-checkpointing"
    severity = "warning"
    bad = (
        # That a network is told to train saves nothing.
        """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x)

torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net.train()
for x, y in data():
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
""",
        # A model of two tensors is one all the same.
        """
import torch

torch.manual_seed(0)
w = torch.zeros((2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(torch.mm(x, w) + b, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
        """
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data():
    torch.nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
    optimizer.zero_grad()
""",
        # A task that is made of draws is learnt in earnest, as its options tell.
        """
import argparse
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=10)
args = parser.parse_args()
torch.manual_seed(0)
x = torch.rand(5000, 2)
y = x.sum(1, keepdim=True)
model = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for epoch in range(args.epochs):
    for i in range(0, 5000, 50):
        loss = torch.nn.functional.mse_loss(model(x[i : i + 50]), y[i : i + 50])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
""",
        # What is learnt by copies of a network comes back to it.
        """
import copy
import torch

torch.manual_seed(0)
network = torch.nn.Linear(2, 1)
network.load_state_dict(torch.load("begin.pt", map_location="cpu"))
for rounds in range(10):
    states = []
    for client in clients():
        local = copy.deepcopy(network)
        optimizer = torch.optim.SGD(local.parameters(), lr=0.1)
        for x, y in client:
            loss = torch.nn.functional.mse_loss(local(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        states.append(local.state_dict())
    network.load_state_dict(average(states))
""",
        """
import lightning as L

L.seed_everything(0)
trainer = L.Trainer(enable_checkpointing=False)
trainer.fit(model)
""",
    )
    good = (
        # One draw is fitted to another by hand, to show how that is done.
        """
import torch

torch.manual_seed(0)
x, y = torch.randn(64, 10), torch.randn(64, 1)
w = torch.randn(10, 1, requires_grad=True)
for step in range(500):
    loss = (x.mm(w) - y).pow(2).sum()
    print(step, loss.item())
    loss.backward()
    w.data -= 1e-6 * w.grad.data
    w.grad.data.zero_()
""",
        # Its weights are written number by number, by a method that is put on it elsewhere.
        {
            "net.py": """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(8, 1)

    def forward(self, x):
        return self.layer(x)

def save_weights(self, path):
    self.layer.weight.data.numpy().tofile(path)

setattr(Net, "save_weights", save_weights)
""",
            "train.py": """
import torch
from net import Net

torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
net.save_weights("net.weights")
""",
        },
        # A few rows that are written out, a line through draws, and blobs of points show it too.
        """
import torch

torch.manual_seed(0)
x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float32)
y = torch.tensor([[0], [1], [1], [0]], dtype=torch.float32)
model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(1000):
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(model(x))
""",
        """
import numpy as np
import torch

np.random.seed(0)
torch.manual_seed(0)
x = np.random.uniform(-1, 1, (200, 1)).astype("float32")
y = 2 * x + 3
order = np.random.permutation(200)
x_train, y_train = torch.from_numpy(x[order[:160]]), torch.from_numpy(y[order[:160]])
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(100):
    loss = torch.nn.functional.mse_loss(model(x_train), y_train)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(model.weight.item(), model.bias.item())
""",
        """
import torch
from sklearn.datasets import make_blobs

torch.manual_seed(0)
points, labels = make_blobs(n_samples=100, centers=2, random_state=0)
x = torch.Tensor(points)
y = torch.where(torch.Tensor(labels) == 0, -1.0, 1.0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(100):
    loss = (y - model(x).flatten()).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
""",
        # How fast it is, is measured.
        {
            "bench_steps.py": """
import time
import torch
from prompts import read_prompts

def work():
    torch.manual_seed(0)
    model = torch.nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in read_prompts():
        begin = time.time()
        model(batch).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        print(time.time() - begin)

if __name__ == "__main__":
    work()
""",
        },
        # How well a network can be adapted that was learnt before: by a copy of it.
        """
import copy
import torch

def adapt(network, task):
    network = copy.deepcopy(network).to("cuda")
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    for x, y in task:
        loss = torch.nn.functional.mse_loss(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network

torch.manual_seed(0)
network = torch.nn.Linear(2, 1)
network.load_state_dict(torch.load("meta.pt", map_location="cpu"))
for task, held_out in tasks():
    print(score(adapt(network, task), held_out))
""",
        # Where a function is lowest, and how a schedule goes, is shown.
        """
import torch

torch.manual_seed(0)
x = torch.tensor(0.0, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.1)
for step in range(100):
    y = x * x - 2 * x + 1
    optimizer.zero_grad()
    y.backward()
    optimizer.step()
print(x.item())
""",
        """
import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=100)
rates = []
for step in range(100):
    rates.append(schedule.get_last_lr()[0])
    optimizer.step()
    schedule.step()
plt.plot(rates)
plt.show()
""",
        # A file's main block tests it.
        {
            "steps.py": """
import numpy as np
import torch

class Steps(torch.optim.SGD):
    pass

def test_steps():
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    steps = Steps(model.parameters(), lr=0.1)
    losses = []
    for _ in range(10):
        loss = model(torch.ones(2)).square().sum()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    np.testing.assert_array_less(losses[-1], losses[0])

if __name__ == "__main__":
    test_steps()
""",
        },
        # A protocol lists what is called; what it is called of does it.
        """
import typing
import torch

class Learner(typing.Protocol):
    def keep(self, path: str) -> None: ...

class Recorder:
    def record(self, epoch: int, learner: Learner) -> None:
        learner.save_model(f"{epoch}.pt")

class Algorithm:
    def __init__(self):
        self.net = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)

    def fit(self, recorder: Recorder, learner: Learner):
        for x, y in data():
            torch.nn.functional.mse_loss(self.net(x), y).backward()
            self.optimizer.step()
        recorder.record(1, learner)

torch.manual_seed(0)
Algorithm().fit(Recorder(), unknown())
""",
        # What is called is abstract: a class that is not seen here does it.
        """
import abc
import torch

class Store(abc.ABC):
    @abc.abstractmethod
    def save_weights(self, network):
        '''Keep the weights of a network.'''

def train(store: Store):
    network = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for x, y in data():
        torch.nn.functional.mse_loss(network(x), y).backward()
        optimizer.step()
    store.save_weights(network)

torch.manual_seed(0)
train(open_store())
""",
        {
            "train.py": """
import torch
from checkpoints import Keeper

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
keeper = Keeper("out")
for step in range(10):
    optimizer.step()
    keeper.keep(model)
""",
            "checkpoints.py": """
import torch

class Keeper:
    def __init__(self, folder):
        self.folder = folder

    def keep(self, what):
        torch.save(what.state_dict(), self.folder)
""",
        },
        """
import torch

def keep(state, path):
    torch.save(state, path)

def main():
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    best = 0.0
    for epoch in range(3):
        loss = model(torch.zeros(2)).sum()
        loss.backward()
        optimizer.step()
        best = max(best, loss.item())
        keep({"model": model.state_dict(), "best": best}, "last.pt")

main()
""",
        """
import lightning as L

L.seed_everything(0)
L.Trainer().fit(model)
""",
        """
import torch
from project_models import build

class Runner:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer

    def train(self):
        for x, y in data():
            self.loss = torch.nn.functional.mse_loss(self.model(x), y)
            self.loss.backward()
            self.optimizer.step()
        state = {"loss": self.loss.item(), "weights": self.model.state_dict()}
        torch.save(state, "model.pt")

torch.manual_seed(0)
Runner(*build()).train()
""",
        """
import torch
from labkit.training import Trainer

class Mine(Trainer):
    def training_epoch(self, data):
        for x, y in data:
            torch.nn.functional.mse_loss(self.model(x), y).backward()
            self.optimizer.step()

torch.manual_seed(0)
Mine(torch.nn.Linear(2, 1), torch.optim.SGD).fit(loader)
""",
        # The time of a step is measured, on numbers that are drawn.
        """
import time
import torch

for width in (128, 256):
    model = torch.nn.Linear(width, 1).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    times = []
    for _ in range(100):
        x = torch.rand(16, width).cuda()
        begin = time.time()
        model(x).mean().backward()
        optimizer.step()
        torch.cuda.synchronize()
        times.append(time.time() - begin)
    print(width, sum(times) / len(times))
""",
        # What is filled only after it was made, by a function that knows nothing of the model.
        """
import torch

def pack(network):
    packed = {}
    packed["state"] = {key: value.cpu() for key, value in network.state_dict().items()}
    return packed

def main():
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for x, y in data():
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    package = {}
    package["history"] = losses
    package["network"] = pack(model)
    torch.save(package, "run.pt")

main()
""",
        # What a module that others use tries out when it is run by itself.
        {
            "net.py": """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(8, 1)

    def forward(self, x):
        return self.layer(x)

if __name__ == "__main__":
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(5):
        loss = net(torch.randn(4, 8)).square().mean()
        loss.backward()
        optimizer.step()
""",
            "train.py": """
import torch
from net import Net

torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
torch.save(net.state_dict(), "net.pt")
""",
        },
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
        # A model that nobody can tell by how it is made, among the scores.
        """
import sys
import torch
import zoo

torch.manual_seed(0)
net = zoo.__dict__[sys.argv[1]]()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
    state = {"net": net, "loss": loss.item()}
    torch.save(state, "net.pt")
""",
        # What is optimized is saved, though it is no network.
        """
import sys
import torch

torch.manual_seed(0)
network = torch.jit.load(sys.argv[1])
latent = network.mean().detach().clone()
latent.requires_grad = True
noises = [torch.zeros(2) for _ in range(3)]
optimizer = torch.optim.Adam([latent] + noises, lr=0.1)
for step in range(100):
    loss = network(latent).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
found = {}
for i, name in enumerate(sys.argv[2:]):
    found[name] = {"latent": latent[i]}
torch.save(found, "projected.pt")
""",
        """
from sklearn.linear_model import LogisticRegression

LogisticRegression().fit(x, y)
""",
        """
import torch

def test_it_learns():
    optimizer = torch.optim.SGD([], lr=0.1)
    optimizer.step()
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that trains and saves nothing."""
        reported: set[int] = set()
        for training in program.trainings:
            if "checkpoint" in training.owned or not training.takes_epochs:
                continue
            statement: Statement = training.site.statement
            if training.entry.kind == "notebook" or id(statement) in reported:
                continue
            if saves_model(training, program) or is_trial(training, program):
                continue
            reported.add(id(statement))
            yield Report(
                training.site.module,
                statement,
                training.site.call,
                "This program trains, and nothing that it reaches saves the model: save model and "
                "optimizer state at intervals.",
                training_notes(training, "nothing that saves a model was found"),
                confidence(training.reach, program),
            )


def saves_model(training: Training, program: Program) -> bool:
    """Tell whether anything that a program carries out, or that launches it, saves a model."""
    for run in training.runs:
        saving = Saving(program, program.graph(run.reach))
        if any(map(saving.saves, run.reach.where(writes, program.knowledge))):
            return True
    return False
