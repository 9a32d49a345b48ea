"""What calls of libraries mean."""

from __future__ import annotations

import pytest

from mllint.knowledge import Knowledge, KnowledgeError, shipped_knowledge


@pytest.mark.parametrize(
    ("meaning", "name"),
    [
        ("step", "torch.optim.AdamW().step"),
        ("step", "torch.optim.adamw.AdamW().step"),
        ("metric", "torch.nn.CrossEntropyLoss()().item()"),
        ("metric", "torch.nn.functional.mse_loss().detach().item()"),
        ("metric", "sklearn.metrics.f1_score()"),
        ("log", "torch.utils.tensorboard.SummaryWriter().add_scalar"),
        ("save-first", "torch.save"),
    ],
)
def test_meanings(meaning, name):
    assert shipped_knowledge().means(meaning, [name])


def test_what_means_nothing():
    knowledge = shipped_knowledge()
    assert not knowledge.means("step", ["torch.optim.lr_scheduler", "torch.nn.Linear"])
    assert not knowledge.means("step", ["torch.optim.lr_scheduler.StepLR().step"])
    assert not knowledge.means("save-first", ["torch.load"])
    assert knowledge.seeded(["torch.load"]) is None


@pytest.mark.parametrize(
    ("name", "duties"),
    [
        ("pytorch_lightning.Trainer().fit", {"checkpoint", "log"}),
        ("lightning.pytorch.Trainer().fit", {"checkpoint", "log"}),
        ("lightning.pytorch.trainer.Trainer().fit", {"checkpoint", "log"}),
        ("transformers.Seq2SeqTrainer().train", {"seed", "checkpoint", "log"}),
        ("tensorflow.keras.Sequential().fit", set()),
    ],
)
def test_owners(name, duties):
    owner = shipped_knowledge().owner([name])
    assert owner is not None
    assert owner.owns == duties


def test_an_owner_is_no_preprocessing():
    name = "tensorflow.keras.preprocessing.image.ImageDataGenerator().fit"
    assert shipped_knowledge().owner([name]) is None


def test_seeds_say_what_they_seed():
    knowledge = shipped_knowledge()
    assert knowledge.seeded(["pytorch_lightning.seed_everything"]) == {"random", "numpy", "torch"}
    assert knowledge.seeded(["torch.cuda.manual_seed_all"]) == frozenset()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"sedes": {}}, "x.toml: unknown key 'sedes'"),
        ({"means": {"stpe": []}}, "x.toml: unknown meaning 'stpe'"),
        ({"means": {"step": "a"}}, "x.toml: means.step: a list of texts is expected"),
        ({"seeds": {"f": [1]}}, "x.toml: seeds.f: a list of texts is expected"),
        (
            {"owner": [{"name": "x"}]},
            "x.toml: an owner has name, made, owns, off, on, takes_epochs, since",
        ),
        (
            {"owner": [{"name": ["x"], "made": "x", "since": "lib >= 3"}]},
            "x.toml: owner.since is a library and its version",
        ),
        ({"chooser": [{"names": ["x"]}]}, "x.toml: a chooser has name, asks, within, monitors"),
    ],
)
def test_mistakes_are_named(data, message):
    with pytest.raises(KnowledgeError) as caught:
        Knowledge().add(data, "x.toml")
    assert str(caught.value) == message
