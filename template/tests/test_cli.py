"""The command line: the chain of commands on a tiny run, and mistakes in one line."""

import json
import logging
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import cli

QUICK = (
    "debug=smoke",
    "tracking=none",
    "model=mlp",
    "model.hidden=[8]",
    "training.max_steps=4",
    "training.evaluate_every_steps=2",
)


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the commands' log handlers from outliving the test."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must be refused; return its one line."""
    assert cli.main(list(arguments)) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert "Traceback" not in captured.err
    return lines[0]


def test_train_evaluate_predict(scratch: Path) -> None:
    run_dir = f"run_dir={scratch / 'run'}"
    assert cli.main(["train", *QUICK, run_dir]) == 0
    assert cli.main(["train", *QUICK, run_dir, "resume=must"]) == 0
    assert cli.main(["evaluate", run_dir, "evaluation.figure_formats=[]"]) == 0
    assert cli.main(["predict", run_dir]) == 0
    assert {path.name for path in (scratch / "run").iterdir()} >= {
        "metrics.jsonl",
        "config.yaml",
        "provenance.json",
        "train.log",
    }
    assert (scratch / "run/checkpoints/best/model.safetensors").is_file()
    report = json.loads((scratch / "run/evaluation/test/metrics.json").read_text())
    assert report["step"] in (2, 4)
    assert {path.name for path in scratch.iterdir()} == {"run"}  # Hydra leaves nothing


def test_without_a_run_dir_the_newest_run_is_evaluated(scratch: Path) -> None:
    assert cli.main(["train", *QUICK, "training.max_steps=1"]) == 0
    assert cli.main(["predict"]) == 0
    assert len(list((scratch / "outputs").iterdir())) == 1


def test_evaluate_refuses_a_damaged_checkpoint(
    scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_dir = f"run_dir={scratch / 'run'}"
    assert cli.main(["train", *QUICK, run_dir]) == 0
    (scratch / "run/checkpoints/best/model.safetensors").write_bytes(b"")
    line = refusal(capsys, "evaluate", run_dir)
    assert "is not what was written" in line
    assert "checkpoint=last" in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["trian"], "did you mean train?"),
        (["train", "optimizer.learning_rate=1"], "there are optimizer."),
        (["train", "training.batchsize=8"], "did you mean training.batch_size?"),
        (["train", "batch_size=8"], "did you mean training.batch_size?"),
        (["train", "trainig.batch_size=8"], "did you mean training.batch_size?"),
        (["train", "scheduler=cosin"], "did you mean cosine?"),
        (["train", "schedular=cosine"], "did you mean scheduler"),
        (["train", "training.batch_size=many"], "training.batch_size"),
        (["train", "training.deterministic=perhaps"], "training.deterministic"),
        (["train", "training.batch_size=0"], "at least 1"),
        (["train", "training.precision=fp8"], "fp8 is not one of"),
        (["train", "optimizer._target_=torch.optim.Adamw"], "Adamw"),
        (["train", "+optimizer.momentun=0.9"], "momentun"),
        (["train", "model.hiden=[3]"], "hid"),
        (["train", "model._target_=nothing.at.all"], "nothing"),
        (["train", "=3"], "=3"),
        (["train", "seed"], "seed"),
        (["train", "run_dir=???"], "run_dir"),
        (["evaluate", "run_dir=nowhere"], "nowhere"),
        (["evaluate"], "no run below"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_with_what_was_probably_meant(
    scratch: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    extra = ["tracking=none", "model=mlp"] if arguments[0] == "train" else []
    assert named in refusal(capsys, arguments[0], *extra, *arguments[1:])
    assert not list(scratch.glob("**/checkpoints"))


def test_an_unwritable_place_is_one_line(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scratch / "file").write_text("")
    assert "file" in refusal(capsys, "train", *QUICK, "run_dir=file/run")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"], ["help"]):
        assert cli.main(arguments) == 0
        shown = capsys.readouterr().out
        assert all(name in shown for name in cli.COMMANDS)
