"""MLL001."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.activity import Site
from ...program.graph import owner_of
from ...program.program import Program
from ...program.symbols import Owner
from ...program.training import Training
from ..base import Note, Report, Rule
from ..evidence import confidence, path_notes
from ..metrics import Metrics, metrics_of
from ..pictures import trains_inputs
from ..tryouts import tries_out
from .kept import keeps_metrics
from .printing import logging_instead, prints_of_metrics


class PrintInsteadOfLogging(Rule):
    """A metric of a training program goes to ``print``, and nowhere that keeps it.

    Printed values are gone with the terminal: no curve can be drawn, no two runs compared, and a
    job that died leaves nothing to look at.

    Hand them to a tracker, a logger or a file. A value that is printed and logged is fine.

    The fix, which is unsafe, has a logger write what was printed; what becomes of that is the
    logging configuration's to say.
    """

    code = "MLL001"
    name = "print-instead-of-logging"
    severity = "warning"
    bad = (
        """
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    total = 0.0
    for x, y in data():
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item()
    print(f"epoch {epoch}: {total:.3f}")
    print("last", loss.item())
torch.save(model, "model.pt")
""",
        """
import torch
from tqdm import tqdm

def train(model, loader, optimizer):
    for step, (x, y) in enumerate(loader):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        print("step", step, "loss: {:.3f}".format(loss.item()), flush=True)
        print("100%% of %d: %s" % (len(loader), loss), f"{loss.item():.2%} {loss!r:}")
        tqdm.write("loss " + str(loss.item()))

if __name__ == "__main__":
    train(make_model(), make_loader(), torch.optim.SGD([], lr=0.1))
""",
        """
import torch
from tqdm import tqdm

optimizer = torch.optim.SGD([], lr=0.1)
bar = tqdm(data())
for x, y in bar:
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    bar.set_postfix(loss=loss.item())
""",
        {
            "echo_test.py": """
import torch
from versions import check

check(["torch"])
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in echoes():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print(loss)
""",
            "versions.py": """
import importlib

def check(names):
    for name in names:
        module = importlib.import_module(name)
        if hasattr(module, "__version__"):
            print(name, module.__version__)
""",
        },
        """
import pandas as pd
import torch

rows = pd.read_csv("ratings.csv").to_numpy()[:, :3].astype("int64")
critic, maker = make_networks(rows)
optimizer = torch.optim.Adam(critic.parameters())
for batch in batches(rows):
    real_part = -critic(batch).mean()
    fake_part = critic(maker(batch)).mean()
    total = real_part + fake_part
    total.backward()
    optimizer.step()
    print("real", real_part.item(), "fake", fake_part.item())
torch.save(critic.state_dict(), "critic.pt")
""",
        """
import torch

def episode(env, policy, optimizer):
    state, paid = env.reset(), 0.0
    for _ in range(100):
        state, reward, done, _ = env.step(policy(state))
        paid += reward
    policy.loss().backward()
    optimizer.step()
    return paid

policy = make_policy()
optimizer = torch.optim.Adam(policy.parameters())
for number in range(10):
    print("episode", number, episode(make_env(), policy, optimizer))
torch.save(policy.state_dict(), "policy.pt")
""",
        """
import builtins
import torch

def print(*words, **options):
    return builtins.print("[train]", *words, **options)

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss %.3f" % loss.item())
torch.save(model.state_dict(), "model.pt")
""",
        # The bar takes the loader's name.
        """
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

def train(loader, model, optimizer):
    loader = tqdm(loader)
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loader.set_description(f"loss {loss.item():.3f}")

torch.manual_seed(0)
model = torch.nn.Linear(2, 3)
train(DataLoader(rows, shuffle=True), model, torch.optim.SGD(model.parameters(), lr=0.1))
torch.save(model.state_dict(), "model.pt")
""",
        # What is loaded or evaluated by name is one of the project's, and none of these logs.
        {
            "run.py": """
import argparse
from importlib import import_module
import torch
from heads import Narrow, Wide

args = argparse.ArgumentParser().parse_args()
torch.manual_seed(0)
body = import_module("bodies." + args.body).Body()
head = eval(f"{args.head}()")
optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(head(body(x)), y)
    loss.backward()
    optimizer.step()
    print(loss.item())
torch.save([body.state_dict(), head.state_dict()], "net.pt")
""",
            "bodies/plain.py": """
import torch

class Body(torch.nn.Linear):
    def __init__(self):
        super().__init__(2, 2)
""",
            "heads.py": """
import torch

class Narrow(torch.nn.Linear):
    def __init__(self):
        super().__init__(2, 1)

class Wide(torch.nn.Linear):
    def __init__(self):
        super().__init__(2, 4)
""",
        },
        # What is printed is no loss itself, but a term or a multiple of one.
        """
import json
import torch
from networks import make_network

network = make_network()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
seen = 0.0
for source, target in pairs():
    losses = -network(source, target)
    total = losses.sum()
    mean = total / len(source)
    optimizer.zero_grad()
    mean.backward()
    optimizer.step()
    seen += total.item()
    print(json.dumps({"seen": int(seen)}))
torch.save(network.state_dict(), "network.pt")
""",
        # The value of a node of the graph, which only a writer's summaries would keep.
        """
import tensorflow as tf

tf.set_random_seed(0)
x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
weight = tf.Variable(tf.random_normal([1]))
cost = tf.reduce_mean(tf.square(x * weight - y))
tf.summary.scalar("cost", cost)
train = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
saver = tf.train.Saver()
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(20):
        _, value = session.run([train, cost], feed_dict=batch())
        print("epoch", epoch, value)
    saver.save(session, "model")
""",
        # The mean over all processes.
        """
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

set_seed(0)
accelerator = Accelerator()
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model, optimizer, loader = accelerator.prepare(model, optimizer, data())
for step, (x, y) in enumerate(loader):
    loss = torch.nn.functional.mse_loss(model(x), y)
    average = accelerator.gather(loss.repeat(8)).mean().item()
    accelerator.backward(loss)
    optimizer.step()
    print(step, average)
accelerator.save_state("out")
""",
        # No metric: the words, before anything is learnt; the network; what it says of rows.
        """
import pickle
import pandas as pd
import torch

def words_of(path):
    words = open(path).read().split()
    with open("words.p", "wb") as file:
        pickle.dump(words, file)
    return words

torch.manual_seed(0)
words = words_of("text.txt")
model = torch.nn.Linear(len(words), 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data(words):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
pickle.dump(model, open("model.p", "wb"))
rows = pd.read_csv("test.csv")
rows["label"] = pd.Series(answers(model, rows))
submission = pd.concat([rows["id"], rows["label"]], axis=1)
submission.to_csv("submission.csv")
""",
    )
    fixed = (
        """
import logging

import torch

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    total = 0.0
    for x, y in data():
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item()
    logger.info("epoch %s: %.3f", epoch, total)
    logger.info("last %s", loss.item())
torch.save(model, "model.pt")
""",
        """
import logging

import torch
from tqdm import tqdm

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)

def train(model, loader, optimizer):
    for step, (x, y) in enumerate(loader):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        logger.info("step %s loss: %.3f", step, loss.item())
        logger.info("100%% of %d: %s %s %r", len(loader), loss, format(loss.item(), ".2%"), loss)
        logger.info("loss %s", loss.item())

if __name__ == "__main__":
    train(make_model(), make_loader(), torch.optim.SGD([], lr=0.1))
""",
        None,
        {
            "echo_test.py": """
import logging

import torch
from versions import check

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
check(["torch"])
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in echoes():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    logger.info("%s", loss)
""",
        },
        """
import logging

import pandas as pd
import torch

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
rows = pd.read_csv("ratings.csv").to_numpy()[:, :3].astype("int64")
critic, maker = make_networks(rows)
optimizer = torch.optim.Adam(critic.parameters())
for batch in batches(rows):
    real_part = -critic(batch).mean()
    fake_part = critic(maker(batch)).mean()
    total = real_part + fake_part
    total.backward()
    optimizer.step()
    logger.info("real %s fake %s", real_part.item(), fake_part.item())
torch.save(critic.state_dict(), "critic.pt")
""",
        """
import logging

import torch

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)

def episode(env, policy, optimizer):
    state, paid = env.reset(), 0.0
    for _ in range(100):
        state, reward, done, _ = env.step(policy(state))
        paid += reward
    policy.loss().backward()
    optimizer.step()
    return paid

policy = make_policy()
optimizer = torch.optim.Adam(policy.parameters())
for number in range(10):
    logger.info("episode %s %s", number, episode(make_env(), policy, optimizer))
torch.save(policy.state_dict(), "policy.pt")
""",
        None,
        None,
        {
            "run.py": """
import argparse
import logging
from importlib import import_module
import torch
from heads import Narrow, Wide

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
args = argparse.ArgumentParser().parse_args()
torch.manual_seed(0)
body = import_module("bodies." + args.body).Body()
head = eval(f"{args.head}()")
optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(head(body(x)), y)
    loss.backward()
    optimizer.step()
    logger.info("%s", loss.item())
torch.save([body.state_dict(), head.state_dict()], "net.pt")
""",
        },
        """
import json
import logging
import torch
from networks import make_network

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
network = make_network()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
seen = 0.0
for source, target in pairs():
    losses = -network(source, target)
    total = losses.sum()
    mean = total / len(source)
    optimizer.zero_grad()
    mean.backward()
    optimizer.step()
    seen += total.item()
    logger.info("%s", json.dumps({"seen": int(seen)}))
torch.save(network.state_dict(), "network.pt")
""",
        """
import logging

import tensorflow as tf

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
tf.set_random_seed(0)
x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
weight = tf.Variable(tf.random_normal([1]))
cost = tf.reduce_mean(tf.square(x * weight - y))
tf.summary.scalar("cost", cost)
train = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
saver = tf.train.Saver()
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(20):
        _, value = session.run([train, cost], feed_dict=batch())
        logger.info("epoch %s %s", epoch, value)
    saver.save(session, "model")
""",
        """
import logging

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
set_seed(0)
accelerator = Accelerator()
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model, optimizer, loader = accelerator.prepare(model, optimizer, data())
for step, (x, y) in enumerate(loader):
    loss = torch.nn.functional.mse_loss(model(x), y)
    average = accelerator.gather(loss.repeat(8)).mean().item()
    accelerator.backward(loss)
    optimizer.step()
    logger.info("%s %s", step, average)
accelerator.save_state("out")
""",
        """
import logging
import pickle
import pandas as pd
import torch

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)

def words_of(path):
    words = open(path).read().split()
    with open("words.p", "wb") as file:
        pickle.dump(words, file)
    return words

torch.manual_seed(0)
words = words_of("text.txt")
model = torch.nn.Linear(len(words), 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data(words):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    logger.info("loss %s", loss.item())
pickle.dump(model, open("model.p", "wb"))
rows = pd.read_csv("test.csv")
rows["label"] = pd.Series(answers(model, rows))
submission = pd.concat([rows["id"], rows["label"]], axis=1)
submission.to_csv("submission.csv")
""",
    )
    good = (
        # A picture is optimized, by what a network sees in it, and no network.
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
    print(step, loss.item())
torchvision.utils.save_image(x, "out.png")
""",
        # What was measured is pickled with its settings, by a list that grows in each round.
        """
import pickle
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in data():
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
    with open("history.p", "wb") as file:
        pickle.dump(summary_of(epoch), file)
torch.save(model.state_dict(), "model.pt")
""",
        # The settings are written, and what was measured beside them.
        """
import argparse
import json
import torch
from worlds import make_world

args = argparse.ArgumentParser().parse_args()
torch.manual_seed(args.seed)
policy, world = make_world(args)
optimizer = torch.optim.Adam(policy.parameters())
paid = []
for episode in range(100):
    loss, reward = world.play(policy)
    loss.backward()
    optimizer.step()
    paid.append(reward)
    print(episode, loss.item())
with open("run.json", "w") as file:
    json.dump({"args": vars(args), "paid": paid}, file)
torch.save(policy.state_dict(), "policy.pt")
""",
        # A library's logger, however it is called.
        """
import tensorboard_logger as board
import torch

torch.manual_seed(0)
logger = board.Logger("runs")
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step, (x, y) in enumerate(data()):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    logger.log_value("loss", loss.item(), step)
torch.save(model.state_dict(), "model.pt")
""",
        # The loss is handed to a function that prints something else.
        """
import torch

def report(epoch, loss, optimizer):
    print("epoch", epoch)
    if loss.isnan():
        optimizer.zero_grad()

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch, (x, y) in enumerate(data()):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    report(epoch, loss, optimizer)
torch.save(model.state_dict(), "model.pt")
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
        # The history is a file.
        """
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
history = {"loss": [], "step": [0]}
for step, (x, y) in enumerate(data()):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    history["loss"].append(loss.item())
    torch.save(history, "history.pt")
torch.save(model.state_dict(), "model.pt")
""",
        # A count of the object that is handed a loss is no loss.
        """
import torch

class Stopping:
    def __init__(self, patience):
        self.patience, self.waited, self.best = patience, 0, None

    def check(self, value):
        if self.best is None or value < self.best:
            self.keep(value)
        else:
            self.waited += 1
            print(f"waited {self.waited} of {self.patience}")

    def keep(self, value):
        self.best = value

stopping = Stopping(3)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    stopping.check(loss.item())
torch.save(model.state_dict(), "model.pt")
""",
        """
import logging
import torch

log = logging.getLogger(__name__)
torch.manual_seed(0)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    log.info("loss %.3f", loss.item())
torch.save(model, "model.pt")
""",
        """
import torch
import wandb

torch.manual_seed(0)
run = wandb.init()
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    run.log({"loss": loss.item()})
torch.save(model, "model.pt")
""",
        """
import torch

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
print("training on", torch.cuda.get_device_name())
optimizer.step()
torch.save(model, "model.pt")
print("done", model)
""",
        """
import argparse
import torch
from torch.utils.tensorboard import SummaryWriter

def train(args, optimizer):
    for x, y in data():
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        print("loss", loss.item())
        args.writer.add_scalar("loss", loss.item())

args = argparse.ArgumentParser().parse_args()
args.writer = SummaryWriter("runs")
train(args, torch.optim.SGD([], lr=0.1))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each function that prints metrics."""
        reported: set[Owner] = set()
        for training in program.trainings:
            if "log" in training.owned or not training.takes_epochs:
                continue
            if training.entry.kind == "notebook" or tries_out(training, program):
                continue
            if trains_inputs(training, program):  # the picture is what is kept
                continue
            metrics = metrics_of(program, program.graph(training.reach))
            for owner, sites in self.found(program, training, metrics).items():
                if owner not in reported:
                    reported.add(owner)
                    yield self.report(training, sites, metrics, program)

    def found(
        self, program: Program, training: Training, metrics: Metrics
    ) -> dict[Owner, list[Site]]:
        """Return the prints of metrics by function, if the program keeps none of them."""
        found: dict[Owner, list[Site]] = {}
        for site in prints_of_metrics(program, metrics.graph, metrics):
            found.setdefault(owner_of(site.frame), []).append(site)
        if found and keeps_metrics(program, training):
            return {}
        return found

    def report(
        self, training: Training, sites: list[Site], metrics: Metrics, program: Program
    ) -> Report:
        """Return the report for one function."""
        entry = training.entry
        sites.sort(key=lambda site: site.statement.line)
        first = sites[0]
        lines = {site.statement.line for site in sites} - {first.statement.line}
        names = metrics.names_in(first)[:3]
        what = f"`{'`, `'.join(names)}` {'are' if len(names) > 1 else 'is'}"
        if not names:
            what = "A metric is"
        notes = [
            Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
            *path_notes(training.reach, first.frame),
            *(Note("printed here too", first.module, line) for line in sorted(lines)),
            Note("no logger, tracker or file was found that gets a metric"),
        ]
        return Report(
            first.module,
            first.statement,
            first.call,
            f"{what} printed, and no logger, tracker or file of this program gets a metric: hand "
            "it to one, so that runs can be compared.",
            tuple(notes),
            confidence(training.reach, program),
            logging_instead(sites, program.evaluator, entry.module is first.module)
            if all(program.knowledge.means("print", site.names) for site in sites)
            else None,
        )
