"""A tracker may fail, hang or be missing; the run goes on, and a resumed run continues."""

import dataclasses
import json
import logging
import os
import random
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.tracking import base, wandb
from {{ cookiecutter.package_name }}.tracking.base import (
    RunInfo,
    TrackerGroup,
    build_trackers,
)
from {{ cookiecutter.package_name }}.tracking.redact import (
    REDACTED,
    redact,
)

WANDB = "{{ cookiecutter.package_name }}.tracking.wandb.WandbTracker"
PACKAGE = "{{ cookiecutter.package_name }}"
TENSORBOARD = f"{PACKAGE}.tracking.tensorboard.TensorBoardTracker"
FIVE_STEPS = [({"train/loss": float(step)}, step) for step in range(5)]


class Recorder:
    """Keeps what it is told; raises in one action if told so."""

    def __init__(self, name: str = "recorder", fail_in: str = "") -> None:
        self.name = name
        self.fail_in = fail_in
        self.calls: list[str] = []
        self.records: list[tuple[dict[str, float], int]] = []
        self.run: RunInfo | None = None

    def start(self, run: RunInfo) -> None:
        self.run = run
        self._act("start")

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        self._act("log")
        self.records.append((dict(metrics), step))

    def finish(self, status: base.Status) -> None:
        self._act("finish")

    def _act(self, action: str) -> None:
        self.calls.append(action)
        if action == self.fail_in:
            raise RuntimeError(f"no network in {action}")


@pytest.fixture
def run(tmp_path: Path) -> RunInfo:
    return RunInfo(
        run_dir=tmp_path,
        name="test",
        config={"optimizer": {"lr": 0.1}, "source": {"api_key": "k3y-of-someone"}},
        provenance={"git": {"commit": "a" * 40}, "data_fingerprint": "f" * 64},
    )


@pytest.fixture
def no_wandb_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def track(group: TrackerGroup, run: RunInfo) -> None:
    group.start(run)
    for metrics, step in FIVE_STEPS:
        group.log(metrics, step)
    group.finish("completed")


@pytest.mark.parametrize("action", ["start", "log", "finish"])
def test_a_failing_tracker_is_dropped_with_one_warning(
    action: str, run: RunInfo, caplog: pytest.LogCaptureFixture
) -> None:
    healthy, failing = Recorder("healthy"), Recorder("failing", fail_in=action)
    with caplog.at_level(logging.WARNING):
        track(TrackerGroup([failing, healthy]), run)
    assert healthy.records == FIVE_STEPS
    assert healthy.calls[-1] == "finish"
    assert failing.calls.count(action) == 1
    assert failing.calls[-1] == action, "a dropped tracker is left alone"
    (warning,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert "failing" in warning
    assert f"no network in {action}" in warning


def test_a_hung_tracker_does_not_hold_up_the_loop(
    run: RunInfo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Hung(Recorder):
        release = threading.Event()

        def log(self, metrics: Mapping[str, float], step: int) -> None:
            self.release.wait(30)

    monkeypatch.setattr(base, "BACKLOG_LIMIT", 100)
    monkeypatch.setitem(base.FINISH_TIMEOUT_S, "interrupted", 0.2)
    full, slow = TrackerGroup([Hung("full")]), TrackerGroup([Hung("slow")])
    started = time.monotonic()
    with caplog.at_level(logging.WARNING):
        full.start(run)
        slow.start(run)
        for step in range(1000):
            full.log({"train/loss": 1.0}, step)
        slow.log({"train/loss": 1.0}, 0)
        assert full.active == ()
        full.finish("interrupted")
        slow.finish("interrupted")
    assert time.monotonic() - started < 60
    Hung.release.set()
    assert [("full" in r.getMessage(), "slow" in r.getMessage()) for r in caplog.records] == [
        (True, False),
        (False, True),
    ]


def test_metrics_are_copied_when_logged(run: RunInfo) -> None:
    recorder = Recorder()
    group = TrackerGroup([recorder])
    group.start(run)
    metrics = {"train/loss": 1.0}
    group.log(metrics, 0)
    metrics["train/loss"] = 2.0
    group.finish("completed")
    assert recorder.records == [({"train/loss": 1.0}, 0)]


def test_trackers_see_no_secret(run: RunInfo) -> None:
    recorder = Recorder()
    track(TrackerGroup([recorder]), run)
    assert recorder.run is not None
    assert recorder.run.config == {"optimizer": {"lr": 0.1}, "source": {"api_key": REDACTED}}
    assert run.config["source"]["api_key"] == "k3y-of-someone", "the caller's config is untouched"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"hf_token": "x", "apiKey": "x"}, {"hf_token": REDACTED, "apiKey": REDACTED}),
        ({"password": 1234, "credentials": [1]}, {"password": REDACTED, "credentials": REDACTED}),
        ({"url": "https://me:pw@host/a"}, {"url": f"https://{REDACTED}@host/a"}),
        ({"note": "use hf_" + "a" * 34}, {"note": f"use {REDACTED}"}),
        ({"pad_token": "<pad>", "max_tokens": 9, "token": 3}, None),
        ({"monitor": "val/loss", "key": "step", "tokenizer": "bpe", "password": None}, None),
    ],
)
def test_redaction(config: dict[str, Any], expected: dict[str, Any] | None) -> None:
    assert redact(config) == (config if expected is None else expected)


def test_only_the_first_rank_tracks() -> None:
    config = {"trackers": [{"_target_": TENSORBOARD}]}
    assert len(build_trackers(config)._trackers) == 1
    assert build_trackers(config, rank=1)._trackers == []
    assert build_trackers({"trackers": []})._trackers == []


@pytest.mark.parametrize(
    "entry", [{"_target_": "no.such.Tracker"}, {"_target_": WANDB, "projct": "typo"}]
)
def test_a_tracker_that_cannot_be_built_is_one_clear_line(entry: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        build_trackers({"trackers": [entry]})
    assert entry["_target_"] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "module", "extra"),
    [
        (WANDB, "wandb", ".[wandb]"),
        (TENSORBOARD, "torch.utils.tensorboard", ".[tensorboard]"),
    ],
)
def test_a_missing_library_is_said_before_training(
    target: str, module: str, extra: str, run: RunInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # makes its import fail
    with pytest.raises(UserError) as caught:
        build_trackers({"trackers": [{"_target_": target}]}).start(run)
    assert extra in str(caught.value)


@pytest.mark.usefixtures("no_wandb_account")
class TestWandbMode:
    def test_offline_without_a_key(self) -> None:
        assert wandb.choose_mode("auto") == "offline"

    def test_online_with_a_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
        assert wandb.choose_mode("auto") == "online"

    def test_online_with_netrc(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        path = tmp_path / "netrc"
        path.write_text("machine api.wandb.ai\n  login user\n  password " + "x" * 40 + "\n")
        path.chmod(0o600)
        monkeypatch.setenv("NETRC", str(path))
        assert wandb.choose_mode("auto") == "online"

    def test_the_environment_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
        monkeypatch.setenv("WANDB_MODE", "dryrun")
        assert wandb.choose_mode("auto") == "offline"
        monkeypatch.setenv("WANDB_MODE", "disabled")
        assert wandb.choose_mode("auto") == "disabled"

    def test_online_without_a_key_asks_nothing(self) -> None:
        assert wandb.choose_mode("online") == "offline"

    def test_an_unknown_mode_is_refused(self) -> None:
        with pytest.raises(UserError, match="onlin"):
            wandb.choose_mode("onlin")


def test_a_damaged_wandb_id_is_replaced(tmp_path: Path) -> None:
    (tmp_path / wandb.ID_FILE).write_text("../../\n")
    run_id, known = wandb.stored_run_id(tmp_path)
    assert not known
    assert run_id.isalnum()


WANDB_TWICE = """
    import json, pathlib, random, sys
    from {{ cookiecutter.package_name }}.tracking import wandb
    from {{ cookiecutter.package_name }}.tracking.base import (
        RunInfo,
        build_trackers,
    )
    run_dir = pathlib.Path(sys.argv[1])
    states = [random.getstate()]
    for start_step, status in ((0, "interrupted"), (3, "completed")):
        group = build_trackers(
            dict(trackers=[dict(_target_=f"{wandb.__name__}.WandbTracker")])
        )
        provenance = dict(git=dict(commit="a" * 40))
        config = dict(token="k3y-of-someone", width=64)
        group.start(RunInfo(run_dir, "test", config, provenance, start_step))
        for step in range(start_step + 1, start_step + 6):
            group.log(dict([("train/loss", 1.0 / step)]), step)
        assert group.active == ("wandb",), group.active
        group.finish(status)
    states.append(random.getstate())
    assert states[0] == states[1], "tracking must not draw from the global generator"
"""


@pytest.mark.usefixtures("no_wandb_account")
def test_wandb_offline_writes_a_run_and_resumes_it(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WANDB_TWICE), str(tmp_path / "run")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "A_VARIABLE": "v4riable"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run_id = (tmp_path / "run" / wandb.ID_FILE).read_text().strip()
    files = sorted((tmp_path / "run/wandb").glob("offline-run-*/run-*.wandb"))
    assert [file.name for file in files] == [f"run-{run_id}.wandb"] * 2
    for file in files:
        content = file.read_bytes()
        assert b"train/loss" in content
        assert b"a" * 40 in content, "the git commit goes with the run"
        assert b"width" in content
        assert b"k3y-of-someone" not in content
        assert b"v4riable" not in content
    assert not (tmp_path / "wandb").exists(), "nothing beside the run directory"


def test_tensorboard_resumes_at_the_checkpoint(run: RunInfo) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    group = build_trackers({"trackers": [{"_target_": TENSORBOARD}]})
    group.start(run)
    for step in range(1, 6):
        group.log({"train/loss": float(step)}, step)
    group.finish("interrupted")
    time.sleep(1.1)  # event files are named by the second, and read in the order of their names
    group = build_trackers({"trackers": [{"_target_": TENSORBOARD}]})
    group.start(dataclasses.replace(run, start_step=3))
    for step in range(4, 8):
        group.log({"train/loss": 10.0 * step}, step)
    group.finish("completed")

    events = EventAccumulator(str(run.run_dir / "tensorboard"))
    events.Reload()
    points = [(event.step, event.value) for event in events.Scalars("train/loss")]
    assert points == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 40.0), (5, 50.0), (6, 60.0), (7, 70.0)]
    text = events.Tensors("config/text_summary")[-1].tensor_proto.string_val[0].decode()
    shown = json.loads("\n".join(line[4:] for line in text.splitlines()))
    assert shown == {"optimizer": {"lr": 0.1}, "source": {"api_key": REDACTED}}


def test_trackers_leave_the_random_generators_alone(run: RunInfo) -> None:
    state = random.getstate()
    track(TrackerGroup([Recorder()]), run)
    wandb.stored_run_id(run.run_dir)
    assert random.getstate() == state
