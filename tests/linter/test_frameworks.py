"""What frameworks do by themselves: for each, programs that are clean, and programs that are not.

Each says what is found of the three things that a framework may take over: the seed (MLR001), the
checkpoints (MLC001), the log (MLL001).
"""

from __future__ import annotations

import pytest

from mllint.check import check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings

DUTIES = ["MLR001", "MLC001", "MLL001"]

TORCH_LOOP = """
for x, y in loader:
    loss = torch.nn.functional.mse_loss(model(x), y)
    {backward}
    {step}
"""
FABRIC = """
import torch
from lightning.fabric import Fabric
fabric = Fabric()
{seed}
model = torch.nn.Linear(2, 1)
model, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), lr=0.1))
for x, y in fabric.setup_dataloaders(loader):
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    fabric.backward(loss)
    optimizer.step()
    {log}
{save}
"""
ACCELERATE = """
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
accelerator = Accelerator()
{seed}
model = torch.nn.Linear(2, 1)
model, optimizer, loader = accelerator.prepare(model, torch.optim.SGD([], lr=0.1), loader)
for x, y in loader:
    loss = torch.nn.functional.mse_loss(model(x), y)
    accelerator.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    {log}
{save}
"""
DEEPSPEED = """
import deepspeed, torch
{seed}
engine, _, _, _ = deepspeed.initialize(model=torch.nn.Linear(2, 1), config="ds.json")
for x, y in loader:
    loss = torch.nn.functional.mse_loss(engine(x), y)
    engine.backward(loss)
    engine.step()
    {log}
{save}
"""
TRAINER = """
from transformers import AutoModel, Trainer, TrainingArguments
args = TrainingArguments("out"{options})
trainer = Trainer(AutoModel.from_pretrained("m"), args)
trainer.train()
"""
LIGHTNING = """
import lightning as L
{seed}
trainer = L.Trainer({options})
trainer.fit(model, loader)
"""
KERAS = """
{imports}
{seed}
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x, y, epochs=9{options})
{save}
"""
IGNITE = """
import torch
from ignite.engine import Engine, create_supervised_trainer
from ignite.handlers import Checkpoint, DiskSaver
from ignite.utils import manual_seed
{seed}
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def update(engine, batch):
    loss = torch.nn.functional.mse_loss(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
trainer = {trainer}
{save}
trainer.run(loader, max_epochs=9)
"""
FLAX = """
import jax, optax
from flax.training import train_state, checkpoints
{seed}
state = train_state.TrainState.create(apply_fn=f, params=params, tx=optax.adam(0.1))
@jax.jit
def train_step(state, batch):
    grads = jax.grad(loss)(state.params, batch)
    return state.apply_gradients(grads=grads)
for batch in batches:
    state = train_step(state, batch)
{save}
"""
OPTAX = """
import jax, optax, pickle
{seed}
opt = optax.sgd(0.1)
def step(params, opt_state, batch):
    updates, opt_state = opt.update(jax.grad(loss)(params, batch), opt_state)
    return optax.apply_updates(params, updates), opt_state
for batch in batches:
    params, opt_state = step(params, opt_state, batch)
{save}
"""
COMPOSER = """
from composer import Trainer
from composer.loggers import WandBLogger
trainer = Trainer(model=model, train_dataloader=loader, max_duration="9ep"{options})
trainer.fit()
"""
SKORCH = """
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Checkpoint
{seed}
net = NeuralNetClassifier(Net, max_epochs=9{options})
net.fit(x, y)
"""
MMENGINE = """
from mmengine.runner import Runner
runner = Runner(model=model, work_dir="out", train_dataloader=loader{options})
runner.train()
"""
SB3 = """
from stable_baselines3 import PPO
model = PPO("MlpPolicy", "CartPole-v1"{options})
model.learn(10_000)
{save}
"""
FASTAI = """
from fastai.vision.all import *
{seed}
learn = vision_learner(ImageDataLoaders.from_folder("data", seed=42), resnet18)
learn.fine_tune(4)
{save}
"""

LOGGED = "fabric.log('loss', loss)"
PRINTED = "print(loss.item())"

PROGRAMS = {
    "Lightning": (LIGHTNING.format(seed="L.seed_everything(1)", options=""), ""),
    "Lightning, not seeded": (LIGHTNING.format(seed="", options=""), "MLR001"),
    "Lightning, keeping nothing": (
        LIGHTNING.format(seed="L.seed_everything(1)", options="enable_checkpointing=False"),
        "MLC001",
    ),
    "Lightning by its older name and argument": (
        LIGHTNING.format(seed="", options="checkpoint_callback=False").replace(
            "import lightning as L", "import pytorch_lightning as L"
        ),
        "MLR001 MLC001",
    ),
    "Lightning, saving by hand": (
        LIGHTNING.format(seed="L.seed_everything(1)", options="enable_checkpointing=False")
        + "trainer.save_checkpoint('m.ckpt')\n",
        "",
    ),
    "Lightning's command line": (
        "from lightning.pytorch.cli import LightningCLI\nLightningCLI(Model, Data)\n",
        "",
    ),
    "Lightning's command line, told not to seed": (
        "from lightning.pytorch.cli import LightningCLI\n"
        "LightningCLI(Model, Data, seed_everything_default=False)\n",
        "MLR001",
    ),
    "Fabric": (
        FABRIC.format(
            seed="fabric.seed_everything(1)", log=LOGGED, save="fabric.save('m.ckpt', model)"
        ),
        "",
    ),
    "Fabric, without all that": (
        FABRIC.format(seed="", log=PRINTED, save=""),
        "MLR001 MLC001 MLL001",
    ),
    "Transformers": (TRAINER.format(options=""), ""),
    "Transformers, keeping nothing": (TRAINER.format(options=", save_strategy='no'"), "MLC001"),
    "Transformers, by an enumeration": (
        TRAINER.format(options=", save_strategy=IntervalStrategy.NO").replace(
            "import AutoModel", "import AutoModel, IntervalStrategy"
        ),
        "MLC001",
    ),
    "Transformers, saving at the end": (
        TRAINER.format(options=", save_strategy='no'") + "trainer.save_model('m')\n",
        "",
    ),
    "Transformers, sequence to sequence": (
        TRAINER.format(options=", save_strategy='no'")
        .replace("Trainer", "Seq2SeqTrainer")
        .replace("TrainingArguments", "Seq2SeqTrainingArguments"),
        "MLC001",
    ),
    "Transformers, a trainer of one's own": (
        TRAINER.format(options="").replace(
            "args =", "class Mine(Trainer):\n    def compute_loss(self, *_): ...\nargs ="
        ).replace("trainer = Trainer", "trainer = Mine"),
        "",
    ),
    "Transformers, arguments from the command line": (
        "from transformers import HfArgumentParser, Trainer, TrainingArguments\n"
        "(args,) = HfArgumentParser(TrainingArguments).parse_args_into_dataclasses()\n"
        "Trainer(model, args).train()\n",
        "",
    ),
    "TRL": (
        "from trl import SFTConfig, SFTTrainer\n"
        "SFTTrainer('m', args=SFTConfig('out'), train_dataset=d).train()\n",
        "",
    ),
    "TRL, keeping nothing": (
        "from trl import DPOConfig, DPOTrainer\n"
        "DPOTrainer('m', args=DPOConfig('out', save_strategy='no')).train()\n",
        "MLC001",
    ),
    "Accelerate": (
        ACCELERATE.format(
            seed="set_seed(1)",
            log="accelerator.log({'loss': loss.item()})",
            save="accelerator.save_state('out')",
        ),
        "",
    ),
    "Accelerate, without all that": (
        ACCELERATE.format(seed="", log="accelerator.print(loss.item())", save=""),
        "MLR001 MLC001 MLL001",
    ),
    "DeepSpeed": (
        DEEPSPEED.format(seed="torch.manual_seed(1)", log="", save="engine.save_checkpoint('out')"),
        "",
    ),
    "DeepSpeed, without all that": (
        DEEPSPEED.format(seed="", log=PRINTED, save=""),
        "MLR001 MLC001 MLL001",
    ),
    "Keras": (
        KERAS.format(
            imports="import keras",
            seed="keras.utils.set_random_seed(1)",
            options="",
            save="model.save('m.keras')",
        ),
        "",
    ),
    "Keras of TensorFlow, with a callback": (
        KERAS.format(
            imports="import tensorflow as tf\nfrom tensorflow import keras",
            seed="tf.random.set_seed(1)",
            options=", callbacks=[keras.callbacks.ModelCheckpoint('m.keras')]",
            save="",
        ),
        "",
    ),
    "Keras, without all that": (
        KERAS.format(imports="import keras", seed="", options="", save=""),
        "MLR001 MLC001",
    ),
    "Keras, a model that a function makes": (
        "from tensorflow.keras.layers import Dense, Input\n"
        "from tensorflow.keras.models import Model\n"
        "def build():\n    x = Input((3,))\n    return Model(x, Dense(1)(x))\n"
        "def main():\n    model = build()\n    model.fit_generator(data(), epochs=3)\n"
        "if __name__ == '__main__':\n    main()\n",
        "MLR001 MLC001",
    ),
    "Keras, a batch at a time": (
        "from keras.models import Sequential\nmodel = Sequential()\n"
        "for x, y in data:\n    model.train_on_batch(x, y)\n",
        "MLR001 MLC001",
    ),
    "a model loaded from a file, fitted in epochs": (
        "from project_models import load\nmodel = load()\nmodel.fit(x, y, epochs=3)\n",
        "MLR001 MLC001",
    ),
    "TensorFlow, a tape": (
        "import tensorflow as tf\noptimizer = tf.optimizers.Adam()\n"
        "for x in data:\n    with tf.GradientTape() as tape:\n        loss = f(x)\n"
        "    optimizer.apply_gradients(zip(tape.gradient(loss, w), w))\n",
        "MLR001 MLC001",
    ),
    "TensorFlow 1": (
        "import tensorflow.compat.v1 as tf\ntf.set_random_seed(1)\n"
        "train = tf.train.AdamOptimizer(0.1).minimize(loss)\nsaver = tf.train.Saver()\n"
        "with tf.Session() as session:\n    session.run(train)\n    saver.save(session, 'm')\n",
        "",
    ),
    "TensorFlow 1, without all that": (
        "import tensorflow as tf\ntrain = tf.train.AdamOptimizer(0.1).minimize(loss)\n"
        "with tf.Session() as session:\n    for _ in range(9):\n        session.run(train)\n",
        "MLR001 MLC001",
    ),
    "TensorFlow's estimators": (
        "import tensorflow as tf\ntf.estimator.Estimator(model_fn).train(input_fn)\n",
        "",
    ),
    "Keras, a callback of one's own": (
        "import keras\nfrom keras.callbacks import Callback\nfrom keras.models import Model\n"
        "keras.utils.set_random_seed(1)\nclass Keeper(Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n"
        "        self.model.save_weights('last.weights.h5')\n"
        "model = Model(a, b)\nmodel.fit(x, y, epochs=9, callbacks=[Keeper()])\n",
        "",
    ),
    "Lightning, a batch tried out": (
        LIGHTNING.format(seed="L.seed_everything(1)", options="fast_dev_run=True"), ""
    ),
    "TensorFlow 1, its estimators and sessions": (
        "import tensorflow as tf\n"
        "tf.contrib.tpu.TPUEstimator(model_fn, config=tf.contrib.tpu.RunConfig()).train(f)\n",
        "",
    ),
    "TensorFlow 1, slim": (
        "import tensorflow as tf\nfrom tensorflow.contrib import slim\ntf.set_random_seed(1)\n"
        "slim.learning.train(slim.learning.create_train_op(loss, optimizer), 'out')\n",
        "",
    ),
    "TensorFlow 1, a monitored session": (
        "import tensorflow as tf\ntf.set_random_seed(1)\n"
        "train = tf.train.AdamOptimizer(0.1).minimize(loss)\n"
        "with tf.train.MonitoredTrainingSession(checkpoint_dir='out') as session:\n"
        "    while not session.should_stop():\n        session.run(train)\n",
        "",
    ),
    "Transformers on TensorFlow": (
        "from transformers import TFAutoModel\nmodel = TFAutoModel.from_pretrained('m')\n"
        "model.compile('adam')\nmodel.fit(x)\n",
        "MLR001 MLC001",
    ),
    "SetFit": (
        "from setfit import SetFitModel, Trainer, TrainingArguments\n"
        "model = SetFitModel.from_pretrained('m')\n"
        "trainer = Trainer(model, TrainingArguments(num_epochs=1), train_dataset=d)\n"
        "trainer.train()\n",
        "",
    ),
    "Composer": (
        COMPOSER.format(options=", seed=1, save_folder='out', loggers=[WandBLogger()]"),
        "",
    ),
    "Composer, without all that": (COMPOSER.format(options=""), "MLR001 MLC001"),
    "fastai": (FASTAI.format(seed="set_seed(1, True)", save="learn.export('m.pkl')"), ""),
    "fastai, its split alone seeded": (FASTAI.format(seed="", save=""), "MLR001 MLC001"),
    "Ignite": (
        IGNITE.format(
            seed="manual_seed(1)",
            trainer="Engine(update)",
            save="Checkpoint({'model': model}, DiskSaver('out'))",
        ),
        "",
    ),
    "Ignite, without all that": (
        IGNITE.format(seed="", trainer="Engine(update)", save=""),
        "MLR001 MLC001",
    ),
    "Ignite's own trainer": (
        IGNITE.format(
            seed="", trainer="create_supervised_trainer(model, optimizer, f)", save=""
        ),
        "MLR001 MLC001",
    ),
    "MMEngine": (MMENGINE.format(options=", randomness=dict(seed=1)"), ""),
    "MMEngine, not seeded": (MMENGINE.format(options=""), "MLR001"),
    "MMEngine, by its config": (
        "from mmengine.config import Config\nfrom mmengine.runner import Runner\n"
        "Runner.from_cfg(Config.fromfile('c.py')).train()\n",
        "",
    ),
    "Ultralytics": (
        "from ultralytics import YOLO\nYOLO('y.pt').train(data='d.yaml', epochs=3)\n",
        "",
    ),
    "Ultralytics, keeping nothing": (
        "from ultralytics import YOLO\nYOLO('y.pt').train(data='d.yaml', save=False)\n",
        "MLC001",
    ),
    "torchtune": (
        "import torch\nfrom torchtune import training\ntraining.set_seed(seed=1)\n"
        "opt = torch.optim.SGD([], lr=0.1)\nckpt = training.FullModelHFCheckpointer('d')\n"
        "for b in data:\n    f(b).backward()\n    opt.step()\nckpt.save_checkpoint({}, 1)\n",
        "",
    ),
    "skorch": (
        SKORCH.format(seed="torch.manual_seed(1)", options=", callbacks=[Checkpoint()]"),
        "",
    ),
    "skorch, without all that": (SKORCH.format(seed="", options=""), "MLR001 MLC001"),
    "XGBoost as an estimator": ("import xgboost as x\nx.XGBClassifier().fit(a, b)\n", ""),
    "XGBoost": ("import xgboost as xgb\nxgb.train({}, xgb.DMatrix(a))\n", ""),
    "LightGBM": (
        "import lightgbm as lgb\nlgb.train({}, lgb.Dataset(a))\nlgb.LGBMClassifier().fit(a, b)\n",
        "",
    ),
    "CatBoost": ("from catboost import CatBoostClassifier as C\nC().fit(a, b)\n", ""),
    "Stable Baselines": (SB3.format(options=", seed=1", save="model.save('m')"), ""),
    "Stable Baselines, without all that": (SB3.format(options="", save=""), "MLR001 MLC001"),
    "Flax": (
        FLAX.format(
            seed="params = init(jax.random.PRNGKey(0))",
            save="checkpoints.save_checkpoint('out', state, 1)",
        ),
        "",
    ),
    "Flax, keeping nothing": (
        FLAX.format(seed="params = init(jax.random.PRNGKey(0))", save=""),
        "MLC001",
    ),
    "Optax": (
        OPTAX.format(
            seed="params = init(jax.random.key(0))", save="pickle.dump(params, open('m', 'wb'))"
        ),
        "",
    ),
    "Optax, keeping nothing": (
        OPTAX.format(seed="params = init(jax.random.key(0))", save=""),
        "MLC001",
    ),
    "Sentence Transformers": (
        "from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer\n"
        "SentenceTransformerTrainer(SentenceTransformer('m'), train_dataset=d).train()\n",
        "",
    ),
    "Sentence Transformers' fit": (
        "import torch\nfrom sentence_transformers import SentenceTransformer\n"
        "torch.manual_seed(1)\n"
        "SentenceTransformer('m').fit([(loader, loss)], epochs=1, output_path='out')\n",
        "",
    ),
    "Sentence Transformers' fit, keeping nothing": (
        "from sentence_transformers import SentenceTransformer\n"
        "SentenceTransformer('m').fit([(loader, loss)], epochs=1)\n",
        "MLC001",
    ),
    "timm": (
        "import torch\nfrom timm import create_model, utils\n"
        "from timm.optim import create_optimizer\n"
        "utils.random_seed(1, 0)\nmodel = create_model('r')\n"
        "optimizer = create_optimizer(args, model)\n"
        "saver = utils.CheckpointSaver(model, optimizer)\n"
        "for x in data:\n    model(x).backward()\n    optimizer.step()\nsaver.save_checkpoint(1)\n",
        "",
    ),
    "timm, without all that": (
        "from timm import create_model\nfrom timm.optim import create_optimizer_v2\n"
        "model = create_model('r')\noptimizer = create_optimizer_v2(model)\n"
        "for x in data:\n    model(x).backward()\n    optimizer.step()\n",
        "MLR001 MLC001",
    ),
    "parameters moved by hand": (
        "import torch\nw = torch.zeros(3, requires_grad=True)\n"
        "for x in data:\n    (x @ w).backward()\n    with torch.no_grad():\n"
        "        w -= 0.1 * w.grad\n    w.grad.zero_()\n",
        "MLR001 MLC001",
    ),
    "an optimizer of one's own": (
        "import torch\nclass Lion(torch.optim.Optimizer):\n    def step(self): ...\n"
        "model = torch.nn.Linear(2, 1)\noptimizer = Lion(model.parameters())\n"
        "for x in data:\n    optimizer.step()\n",
        "MLR001 MLC001",
    ),
    "a loss differentiated for a picture": (
        "import torch\nx = torch.load('x.pt')\nloss = model(x)\nloss.backward()\n"
        "torch.save(x + 0.1 * x.grad.sign(), 'y.pt')\n",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_found(name, tmp_path):
    text, expected = PROGRAMS[name]
    (tmp_path / "train.py").write_text(text)
    settings = make_settings(tmp_path, Layer(tmp_path, {"select": DUTIES}))
    found = {each.code for each in check([tmp_path], use_cache=False, settings=settings).findings}
    assert found == set(expected.split())


@pytest.mark.parametrize(("version", "expected"), [("2.7.0", {"MLR001"}), ("3.0.1", set())])
def test_what_is_found_with_the_version_that_a_project_pins(version, expected, tmp_path):
    (tmp_path / "train.py").write_text(
        "from sentence_transformers import SentenceTransformer\n"
        "SentenceTransformer('m').fit([(loader, loss)], epochs=1, output_path='out')\n"
    )
    (tmp_path / "requirements.txt").write_text(f"sentence-transformers=={version}\n")
    settings = make_settings(tmp_path, Layer(tmp_path, {"select": DUTIES}))
    found = check([tmp_path], use_cache=False, settings=settings).findings
    assert {each.code for each in found} == expected
