"""What calls of libraries mean."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllint.knowledge import Knowledge, KnowledgeError, shipped_knowledge
from mllint.knowledge.names import Pattern


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
            "x.toml: an owner has name, made, owns, off, on, brings, takes_epochs, since",
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


NAMES = st.text("ab.()*", max_size=6)


@given(st.lists(NAMES | NAMES.map("!{}".format), max_size=4), st.text("ab.()", max_size=8))
def test_a_star_stands_for_anything_within_a_name(names, name):
    def says(wildcard: str) -> bool:
        return bool(re.fullmatch(".*".join(map(re.escape, wildcard.split("*"))), name))

    wanted = any(says(each) for each in names if not each.startswith("!"))
    unwanted = any(says(each[1:]) for each in names if each.startswith("!"))
    assert Pattern(names).matches(name) is (wanted and not unwanted)


def test_a_star_stands_for_no_more_than_a_name():
    assert not Pattern(["a*b"]).matches("a b")
    assert Pattern(["a*b", "!a.*.b"]).matches("a().b")
    assert not Pattern(["a*b", "!a.*.b"]).matches("a.c.b")


def test_the_libraries_of_a_meaning_go_by_all_their_names():
    knowledge = Knowledge()
    owner = {"name": ["lightning.*Trainer().fit"], "made": "lightning.*Trainer"}
    knowledge.add(
        {
            "means": {"step": ["torch.optim.*().step", "!torch_optimizer.*"], "log": ["wandb.log"]},
            "owner": [owner],
            "aliases": {"pytorch_lightning": "lightning.pytorch", "old.optim": "torch.optim"},
        },
        "a.toml",
    )
    assert knowledge.libraries("step") == {"torch", "old"}
    assert knowledge.libraries("owner", "log") == {"lightning", "pytorch_lightning", "wandb"}
    assert knowledge.libraries("save") == set()
