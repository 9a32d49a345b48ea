"""Metrics against values computed by hand, baselines, figures, and the files that they land in."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data import (
    ArrayDataset,
    DataSpec,
    DataSplits,
    Source,
)
from {{ cookiecutter.package_name }}.data.transforms import (
    Augmentation,
    Draws,
)
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.evaluation.arrays import (
    read_array,
)
from {{ cookiecutter.package_name }}.evaluation.baselines import (
    build_baselines,
    choose_rows,
    fit_and_predict,
)
from {{ cookiecutter.package_name }}.evaluation.evaluate import (
    evaluate,
)
from {{ cookiecutter.package_name }}.evaluation.figures import (
    save_confusion_matrix,
    save_roc_curves,
    save_training_curves,
)
from {{ cookiecutter.package_name }}.evaluation.history import (
    read_history,
    smooth,
)
from {{ cookiecutter.package_name }}.evaluation.inference import (
    predict_split,
    split_samples,
)
from {{ cookiecutter.package_name }}.evaluation.metrics import (
    compute_metrics,
    confusion,
)
from {{ cookiecutter.package_name }}.evaluation.predict import (
    predict_files,
    predict_held_out,
)
from {{ cookiecutter.package_name }}.evaluation.settings import (
    EvaluationSettings,
    read_settings,
)
from {{ cookiecutter.package_name }}.runs import LoadedRun
from {{ cookiecutter.package_name }}.tasks import Classification
from {{ cookiecutter.package_name }}.utils.files import write_json
from {{ cookiecutter.package_name }}.utils.plots import (
    STYLE,
    publication_style,
    shorten,
    tick_positions,
)

THREE = ("a", "b", "c")
# Predicted: a, b, b, c, a. Targets: a, b, c, c, b.
TARGETS = np.array([0, 1, 2, 2, 1])
PROBABILITIES = np.array(
    [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]]
)


def random_scores(samples: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Targets of every class and probabilities that lean towards them."""
    random = np.random.default_rng(seed)
    targets = np.concatenate([np.arange(classes), random.integers(0, classes, samples - classes)])
    logits = random.normal(size=(samples, classes)) + 2.0 * np.eye(classes)[targets]
    return targets, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_metrics_are_those_computed_by_hand() -> None:
    metrics = compute_metrics(TARGETS, PROBABILITIES, THREE)
    assert metrics.accuracy == pytest.approx(3 / 5)
    assert metrics.balanced_accuracy == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    a, b, c = metrics.per_class
    assert (a.precision, a.recall, a.support) == (pytest.approx(1 / 2), pytest.approx(1.0), 1)
    assert (b.precision, b.recall, b.support) == (pytest.approx(1 / 2), pytest.approx(1 / 2), 2)
    assert (c.precision, c.recall, c.support) == (pytest.approx(1.0), pytest.approx(1 / 2), 2)
    assert [a.f1, b.f1, c.f1] == pytest.approx([2 / 3, 1 / 2, 2 / 3])
    assert metrics.macro.f1 == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)
    assert metrics.weighted.precision == pytest.approx((1 * 0.5 + 2 * 0.5 + 2 * 1.0) / 5)
    log_loss = -math.fsum(math.log(p) for p in (0.7, 0.8, 0.3, 0.8, 0.3)) / 5
    assert metrics.log_loss == pytest.approx(log_loss)
    # Share of (class, other) pairs in the right order: a 4/4; b 5/6 (0.3 < 0.5); c 6/6.
    assert [a.auroc, b.auroc, c.auroc] == pytest.approx([1.0, 5 / 6, 1.0])
    assert metrics.auroc == pytest.approx((1.0 + 5 / 6 + 1.0) / 3)
    assert confusion(TARGETS, PROBABILITIES.argmax(axis=1), 3).tolist() == [
        [1, 0, 0],
        [1, 1, 0],
        [0, 1, 1],
    ]


def test_binary_auroc_counts_ties_as_half() -> None:
    targets = np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.4, 0.4, 0.9])
    metrics = compute_metrics(targets, np.stack([1 - positive, positive], axis=1), ("no", "yes"))
    assert metrics.auroc_kind == "binary"
    assert metrics.auroc == pytest.approx((1 + 1 + 1 + 0.5) / 4)


def test_order_of_samples_and_classes_does_not_matter() -> None:
    targets, scores = random_scores(60, 4)
    names = ("a", "b", "c", "d")
    before = compute_metrics(targets, scores, names)
    rows = np.random.default_rng(1).permutation(60)
    shuffled = compute_metrics(targets[rows], scores[rows], names)
    assert shuffled.per_class == before.per_class
    assert shuffled.log_loss == pytest.approx(before.log_loss)
    columns = np.array([2, 0, 3, 1])
    renamed = compute_metrics(
        np.argsort(columns)[targets], scores[:, columns], [names[i] for i in columns]
    )
    assert {one.name: one.support for one in renamed.per_class} == {
        one.name: one.support for one in before.per_class
    }
    assert renamed.auroc == pytest.approx(before.auroc)
    assert renamed.macro.f1 == pytest.approx(before.macro.f1)


@pytest.mark.filterwarnings("error")
def test_absent_class_is_null_and_named(tmp_path: Path) -> None:
    metrics = compute_metrics(TARGETS[:2], PROBABILITIES[:2], THREE)
    absent = metrics.per_class[2]
    assert (absent.precision, absent.recall, absent.f1, absent.auroc) == (None, None, None, None)
    assert "(c)" in metrics.warnings[0]
    assert metrics.balanced_accuracy == 1.0  # of the classes that are there
    text = write_json(tmp_path / "metrics.json", metrics.to_dict()).read_text()
    assert "NaN" not in text
    assert json.loads(text)["per_class"][2]["recall"] is None


@pytest.mark.filterwarnings("error")
def test_single_class_has_no_auroc() -> None:
    metrics = compute_metrics(np.array([1, 1]), PROBABILITIES[:2, :2], ("no", "yes"))
    assert metrics.auroc is None
    assert any("single class" in warning for warning in metrics.warnings)


@pytest.mark.parametrize(
    ("targets", "probabilities"),
    [
        (np.array([], dtype=int), np.zeros((0, 3))),
        (np.array([0]), np.array([[np.nan, 0.5, 0.5]])),
        (np.array([0]), np.array([[0.5, 0.5]])),
        (np.array([3]), np.array([[0.5, 0.3, 0.2]])),
    ],
)
def test_nonsense_is_refused(targets: np.ndarray, probabilities: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"empty|finite|shape|between"):
        compute_metrics(targets, probabilities, THREE)


@pytest.mark.parametrize("kind", ["vision", "tabular"])
def test_baselines_are_seeded_and_know_every_class(kind: str) -> None:
    random = np.random.default_rng(0)
    targets = np.repeat([0, 1], 30)  # class 2 exists, but not in training
    inputs = random.normal(size=(60, 5)) + targets[:, None]
    others = random.normal(size=(7, 5))
    assert set(build_baselines(kind, 0)) >= {"majority_class", "logistic_regression"}
    assert ("gradient_boosting" in build_baselines(kind, 0)) == (kind == "tabular")
    for name in build_baselines(kind, 0):
        first, second = (
            fit_and_predict(build_baselines(kind, 0)[name], inputs, targets, others, 3)
            for _ in range(2)
        )
        assert first is not None
        assert second is not None
        assert first.shape == (7, 3)
        assert np.array_equal(first, second)
        assert first.sum(axis=1) == pytest.approx(1.0)
        assert not first[:, 2].any()


def test_majority_baseline_predicts_training_frequencies() -> None:
    majority = build_baselines("vision", 0)["majority_class"]
    scores = fit_and_predict(majority, np.zeros((4, 1)), np.array([0, 2, 2, 2]), np.ones((2, 1)), 3)
    assert scores is not None
    assert scores.tolist() == [[0.25, 0.0, 0.75]] * 2


def test_chosen_rows_are_seeded_sorted_and_unique() -> None:
    rows = choose_rows(100, 30, random_state=0)
    assert np.array_equal(rows, choose_rows(100, 30, random_state=0))
    assert len(np.unique(rows)) == 30
    assert np.array_equal(rows, np.sort(rows))
    assert np.array_equal(choose_rows(5, 30, random_state=0), np.arange(5))


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw with few pixels: encoding a PNG for print takes longer than the rest of the test."""
    monkeypatch.setitem(STYLE, "savefig.dpi", 50)


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("classes", [2, 25])
def test_figures_are_written_without_touching_global_state(tmp_path: Path, classes: int) -> None:
    targets, scores = random_scores(200, classes)
    names = [f"$class_{i} [bold]" for i in range(classes)]
    metrics = compute_metrics(targets, scores, names)
    before = dict(matplotlib.rcParams)
    counts = confusion(targets, scores.argmax(axis=1), classes)
    files = save_confusion_matrix(counts, names, tmp_path / "matrix", ["png"])
    files += save_roc_curves(targets, scores, metrics, tmp_path / "roc", ["pdf"])
    assert dict(matplotlib.rcParams) == before
    assert [path.name for path in files] == ["matrix.png", "roc.pdf"]
    assert files[0].read_bytes().startswith(b"\x89PNG")
    assert files[1].read_bytes().startswith(b"%PDF")
    assert min(path.stat().st_size for path in files) > 2000


@pytest.mark.usefixtures("coarse")
def test_training_curves_survive_a_killed_run(tmp_path: Path) -> None:
    log = tmp_path / "metrics.jsonl"
    rows = [{"step": s, "train/loss": 2.0 / s, "train/lr": 0.1} for s in range(1, 60)]
    rows += [{"step": 30, "val/loss": 0.5, "val/accuracy": 0.8}, {"step": 1, "train/loss": 3.0}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    log.write_text(text + '{"step": 61, "train/loss": NaN}\n{"step": 62, "tr')
    history = read_history(log)
    steps, losses = history["train/loss"]
    assert steps.tolist() == list(range(1, 60))
    assert losses[0] == 3.0  # the later line counts
    assert [path.name for path in save_training_curves(history, tmp_path / "curves", ["png"])] == [
        "curves.png"
    ]
    nothing = read_history(tmp_path / "none.jsonl")
    assert save_training_curves(nothing, tmp_path / "x", ["png"]) == []


def test_smoothing_keeps_straight_lines() -> None:
    line = np.linspace(5.0, 1.0, 101)
    assert smooth(line) == pytest.approx(line)


def test_labels_stay_readable() -> None:
    assert shorten("short") == "short"
    assert len(shorten("a very long\nname of a class, with its end")) == 18
    assert len(tick_positions(100)) == 20
    assert len(tick_positions(12_345)) <= 25
    with publication_style():
        assert matplotlib.rcParams["savefig.dpi"] == 300


@pytest.fixture
def run(tmp_path: Path) -> LoadedRun:
    """An untrained linear model on forty rows of three features."""
    targets, scores = random_scores(40, 2)
    source = Source(
        kind="tabular",
        targets=targets.astype(np.int64),
        class_names=("no", "yes"),
        inputs=np.concatenate([scores, scores[:, :1] ** 2], axis=1),
        feature_names=("height", "width", "depth"),
    )
    spec = DataSpec(
        kind="tabular",
        input_shape=(3,),
        class_names=source.class_names,
        feature_names=source.feature_names,
        mean=(0.5, 0.5, 0.5),
        std=(0.3, 0.3, 0.3),
        fingerprint="f" * 64,
    )
    rows = np.random.default_rng(0).permutation(40)
    train, val, test = (
        ArrayDataset(source, part, spec) for part in (rows[:20], rows[20:30], rows[30:])
    )
    config = Config()
    config.data.name = "scratch"
    config.data.num_workers = 0
    torch.manual_seed(0)
    return LoadedRun(
        run_dir=tmp_path,
        checkpoint_dir=tmp_path / "checkpoints" / "best",
        config=config,
        data=DataSplits(train, val, test, spec, in_memory=True, source=source),
        model=torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout(0.5)),
        task=Classification(),
        spec=spec,
        device=torch.device("cpu"),
        step=7,
    )


SETTINGS = EvaluationSettings(
    batch_size=4,
    baselines=True,
    baseline_max_samples=15,
    random_state=0,
    figure_formats=(),
)


def test_two_evaluations_give_identical_bytes(run: LoadedRun) -> None:
    folder = evaluate(run, "test", SETTINGS).folder
    assert folder == run.run_dir / "evaluation" / "test"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {"metrics.json", "predictions.csv", "confusion_matrix.csv"}
    evaluate(run, "test", SETTINGS)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    report = json.loads(before["metrics.json"])
    assert set(report["baselines"]) == {
        "majority_class",
        "logistic_regression",
        "gradient_boosting",
    }
    assert report["baselines_fitted_on"] == {"samples": 15, "split": "train"}
    assert report["step"] == 7
    assert not run.model.training


def test_batch_size_does_not_change_predictions(run: LoadedRun) -> None:
    one, all_at_once = (predict_split(run, run.data.test, size) for size in (1, 100))
    assert np.array_equal(one.index, run.data.test.indices)
    assert np.array_equal(one.index, all_at_once.index)
    assert one.probabilities == pytest.approx(all_at_once.probabilities, abs=1e-6)


def test_predictions_table_agrees_with_metrics(run: LoadedRun) -> None:
    result = evaluate(run, "val", SETTINGS)
    with (result.folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["index"]) for row in rows] == run.data.val.indices.tolist()
    right = sum(row["target"] == row["predicted"] for row in rows)
    assert right / len(rows) == pytest.approx(result.model.accuracy)


def test_baselines_see_training_rows_only(run: LoadedRun) -> None:
    """Other samples and targets in the evaluated split must not move what a baseline learnt."""
    inputs, targets = split_samples(run.data.train, np.arange(20))
    fitted = build_baselines("tabular", 0)["logistic_regression"]
    others, _ = split_samples(run.data.test, np.arange(10))
    expected = fit_and_predict(fitted, inputs, targets, others, 2)
    result = evaluate(run, "test", replace(SETTINGS, baseline_max_samples=1000))
    assert expected is not None
    by_hand = compute_metrics(run.data.test.targets, expected, ("no", "yes"))
    assert result.baselines["logistic_regression"] == by_hand


def test_evaluation_never_augments(run: LoadedRun) -> None:
    class Refuse:
        def __call__(self, inputs: torch.Tensor, draws: Draws) -> torch.Tensor:
            raise AssertionError("augmented")

    run.data.train.augmentation = Augmentation({"refuse": Refuse()}, seed=0)
    evaluate(run, "train", SETTINGS)
    assert run.data.train.augmentation is not None  # the run's own split is left as it was


def test_diverged_model_is_said_in_one_line(run: LoadedRun) -> None:
    with torch.no_grad():
        next(run.model.parameters()).fill_(torch.nan)
    with pytest.raises(UserError, match="NaN or infinity for 10 of 10 samples"):
        evaluate(run, "test", SETTINGS)


def test_predictions_name_class_and_sample(run: LoadedRun) -> None:
    records = predict_held_out(run, "test", batch_size=3)
    assert len(records) == 10
    assert set(records[0]) == {"input", "predicted", "probability", "target"}
    assert records[0]["input"] == f"row {run.data.test.indices[0]}"
    assert {record["predicted"] for record in records} <= {"no", "yes"}
    path = run.run_dir / "rows.npy"
    np.save(path, run.data.source.read(run.data.test.indices))
    again = predict_files(run, path, batch_size=4)
    assert [one["predicted"] for one in again] == [one["predicted"] for one in records]
    assert again[3]["input"] == f"{path}[3]"


IMAGES = DataSpec(
    kind="vision",
    input_shape=(1, 8, 6),
    class_names=("no", "yes"),
    feature_names=(),
    mean=(0.0,),
    std=(1.0,),
    fingerprint="",
)


@pytest.mark.parametrize("shape", [(5, 8, 6), (5, 8, 6, 1), (8, 6), (8, 6, 1)])
def test_array_may_leave_out_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "images.npy"
    np.save(path, np.full(shape, 255))
    raw = read_array(path, IMAGES)
    assert len(raw.names) == (5 if shape[0] == 5 else 1)
    assert raw.read(slice(0, 1)).shape == (1, 8, 6, 1)
    assert raw.read(slice(0, 1)).dtype == np.uint8  # integers are pixels, not fractions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((5, 6, 8)), r"5x6x8.*Nx8x6x1"),
        (np.zeros((0, 8, 6)), r"no sample"),
        (np.full((2, 8, 6), 16.0), r"16.*0 to 1"),
        (np.full((2, 8, 6), np.nan), r"nan"),
        (np.full((2, 8, 6), -1), r"-1.*0 to 255"),
        (np.full((2, 8, 6), "x"), r"numbers"),
        (np.zeros(()), r"single number"),
    ],
)
def test_unfit_array_is_refused(tmp_path: Path, values: np.ndarray, message: str) -> None:
    path = tmp_path / "images.npy"
    np.save(path, values)
    with pytest.raises(UserError, match=message):
        read_array(path, IMAGES)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_broken_array_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images.npy"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"can't be read"):
        read_array(path, IMAGES)


def test_settings_are_checked() -> None:
    good = {
        "batch_size": 8,
        "baselines": True,
        "baseline_max_samples": 10,
        "random_state": 0,
        "figure_formats": ["png"],
    }
    assert read_settings(good).figure_formats == ("png",)
    for bad in ({"batch_size": 0}, {"figure_formats": ["gif"]}, {"figure_formats": "png"}):
        with pytest.raises(UserError, match="evaluation"):
            read_settings({**good, **bad})
