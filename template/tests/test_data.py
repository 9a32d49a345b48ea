"""Data: random numbers, splits, normalisation, augmentation, integrity."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from {{ cookiecutter.package_name }}.data import (
    ArrayDataset,
    DataSpec,
    FileDataset,
    SampleError,
    SampleKey,
    Source,
    dataset,
    integrity,
    randomness,
)
from {{ cookiecutter.package_name }}.data.splits import make_splits
from {{ cookiecutter.package_name }}.data.transforms import (
    Augmentation,
    Draws,
    fit_normalisation,
    prepare,
)
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.utils.instantiate import (
    instantiate,
)

FEATURES = ("age", "height", "weight")


def make_source(size: int = 120, **changes: Any) -> Source:
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {
        "kind": "tabular",
        "targets": np.arange(size) % 3,
        "class_names": ("a", "b", "c"),
        "inputs": rng.normal([5.0, -100.0, 1e6], [1.0, 20.0, 3.0], (size, 3)),
        "feature_names": FEATURES,
    }
    return Source(**(values | changes))


def make_spec(source: Source, rows: np.ndarray, **changes: Any) -> DataSpec:
    mean, std = fit_normalisation(source, rows)
    shape = source.sample_shape
    values: dict[str, Any] = {"missing": source.missing} | changes
    return DataSpec(
        source.kind, shape, source.class_names, source.feature_names, mean, std, "0" * 64, **values
    )


def identity(batch: Any) -> Any:
    return batch


class Noise:
    """An augmentation for any kind of input."""

    def __call__(self, inputs: torch.Tensor, draws: Draws) -> torch.Tensor:
        noise = draws.normal(inputs[0].numel()).float()
        return inputs + noise.view_as(inputs)


class BrokenReader:
    """Fails on one file, inside whatever process reads it."""

    def __call__(self, path: Path) -> np.ndarray:
        if path.name == "7":
            raise SampleError(f"image {path} can't be decoded (no: image): replace or delete it")
        return np.full((2, 2, 1), int(path.name), dtype=np.uint8)


# --- random numbers


def test_splitmix64_reference_vectors() -> None:
    # The first five outputs for seed 1234567, as published with the generator.
    states = np.uint64(1234567) + np.arange(5, dtype=np.uint64) * randomness.GOLDEN_GAMMA
    assert randomness.splitmix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_draws_depend_on_the_key_alone() -> None:
    rows = np.arange(50)
    together = randomness.random_bits(3, 2, rows, stream=1, size=4)
    for row in (0, 17, 49):
        alone = randomness.random_bits(3, np.array([2]), np.array([row]), stream=1, size=4)
        assert (together[row] == alone[0]).all()
    others = [
        randomness.random_bits(seed, epoch, rows, stream, 4)
        for seed, epoch, stream in ((4, 2, 1), (3, 3, 1), (3, 2, 2), (2, 3, 1), (-1, 2, 1))
    ]
    values = np.concatenate([together, *others])
    assert len(np.unique(values)) == values.size


def test_draws_have_their_distribution() -> None:
    rows = np.arange(20_000)
    uniform = randomness.uniform(0, 0, rows, size=2)
    assert uniform.min() >= 0.0
    assert uniform.max() < 1.0
    assert abs(uniform.mean() - 0.5) < 0.01
    assert abs(np.mean((uniform[:, 0] - 0.5) * (uniform[:, 1] - 0.5))) < 0.002
    normal = randomness.normal(0, 0, rows)
    assert abs(normal.mean()) < 0.03
    assert abs(normal.std() - 1.0) < 0.03
    counts = np.bincount(randomness.integers(0, 0, rows, -2, 3)[:, 0] + 2)
    assert len(counts) == 5
    assert counts.min() > 3_700


# --- splits


def test_splits_are_disjoint_complete_and_stratified() -> None:
    targets = np.array([0] * 700 + [1] * 200 + [2] * 100)
    splits = make_splits(targets, val=0.1, test=0.2, seed=0)
    assert sorted(np.concatenate(list(splits.values()))) == list(range(1000))
    assert np.bincount(targets[splits["test"]]).tolist() == [140, 40, 20]
    assert np.bincount(targets[splits["val"]]).tolist() == [70, 20, 10]
    again = make_splits(targets, val=0.1, test=0.2, seed=0)
    assert all((splits[name] == again[name]).all() for name in splits)
    other = make_splits(targets, val=0.1, test=0.2, seed=1)
    assert not np.array_equal(splits["test"], other["test"])


def test_copies_stay_in_one_split() -> None:
    source = make_source()
    assert source.inputs is not None
    doubled = make_source(240, inputs=np.tile(source.inputs, (2, 1)))
    digests = integrity.hash_samples(doubled)
    groups = integrity.content_groups(digests)
    splits = make_splits(doubled.targets, 0.2, 0.2, seed=0, groups=groups)
    assert sum(len(rows) for rows in splits.values()) == 240
    for rows in splits.values():
        assert set(rows % 120) & set(range(120)) == set(rows % 120)
        assert len(set(rows % 120)) == len(rows) / 2
    checks = {c.name: c.status for c in integrity.run_checks(doubled, splits, digests)}
    assert checks["splits share no content"] == "ok"
    assert checks["copies"] == "warning"


def test_predefined_splits_are_respected() -> None:
    targets = np.arange(100) % 2
    given = {"train": np.arange(80), "test": np.arange(80, 100)}
    splits = make_splits(targets, val=0.25, test=0.5, seed=0, predefined=given)
    assert splits["test"].tolist() == list(range(80, 100))
    assert len(splits["val"]) == 20
    assert set(splits["val"]) | set(splits["train"]) == set(range(80))
    given["test"] = np.arange(79, 100)
    with pytest.raises(UserError, match="overlap: 1 rows"):
        make_splits(targets, val=0.25, test=0.5, seed=0, predefined=given)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"val": 0.0}, "data.split.val=0.0 must lie between 0 and 1"),
        ({"test": 1.5}, "data.split.test=1.5 must lie between 0 and 1"),
        ({"val": 0.5, "test": 0.5}, "leaves no training data"),
        ({"targets": np.array([0] * 50 + [1] * 2)}, "class 'b' has 2 distinct samples, too few"),
    ],
)
def test_impossible_splits_are_refused(arguments: dict[str, Any], text: str) -> None:
    values: dict[str, Any] = {"targets": np.arange(60) % 2, "val": 0.1, "test": 0.1, "seed": 0}
    with pytest.raises(UserError, match=text):
        make_splits(**(values | arguments), class_names=("a", "b"))


# --- normalisation


def test_normalisation_is_fitted_on_the_training_split_alone() -> None:
    source = make_source()
    assert source.inputs is not None
    rows = make_splits(source.targets, 0.2, 0.2, seed=0)["train"]
    mean, std = fit_normalisation(source, rows)
    np.testing.assert_allclose(mean, source.inputs[rows].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, source.inputs[rows].std(axis=0), rtol=1e-9)
    changed = source.inputs.copy()
    changed[np.setdiff1d(np.arange(120), rows)] = 1e9
    assert fit_normalisation(make_source(inputs=changed), rows) == (mean, std)
    train = ArrayDataset(source, rows, make_spec(source, rows))
    inputs = train.__getitems__([(0, i) for i in range(len(rows))])["inputs"]
    torch.testing.assert_close(inputs.mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(inputs.std(0, correction=0), torch.ones(3), atol=1e-4, rtol=0)


def test_constant_feature_normalises_to_zero() -> None:
    source = make_source(inputs=np.full((120, 3), 0.1))
    spec = make_spec(source, np.arange(120))
    assert spec.std == (1.0, 1.0, 1.0)
    assert prepare(spec, np.full((1, 3), 0.1)).abs().max() < 1e-6


def test_missing_values_become_the_training_mean_or_are_refused() -> None:
    source = make_source()
    assert source.inputs is not None
    inputs = source.inputs.copy()
    inputs[5, 1] = np.nan
    filled = make_source(inputs=inputs, missing="mean")
    spec = make_spec(filled, np.arange(120))
    assert spec.mean[1] == pytest.approx(np.nanmean(inputs[:, 1]))
    assert prepare(spec, inputs[5:6])[0, 1] == 0.0
    with pytest.raises(UserError, match="row 5 of the batch, feature 'height'"):
        prepare(make_spec(filled, np.arange(120), missing="error"), inputs)


def test_preparing_once_and_by_batch_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (120, 4, 5, 3), dtype=np.uint8)
    rows = np.arange(120)
    keys = [(0, i) for i in (3, 99, 3, 0)]
    for inputs in (images, images.astype(np.float32) / 255):
        source = make_source(kind="vision", inputs=inputs, feature_names=())
        spec = make_spec(source, rows)
        assert spec.input_shape == (3, 4, 5)
        monkeypatch.setattr(dataset, "PREPARED_LIMIT_BYTES", 1 << 30)
        once = ArrayDataset(source, rows, spec).__getitems__(keys)
        monkeypatch.setattr(dataset, "PREPARED_LIMIT_BYTES", 0)
        by_batch = ArrayDataset(source, rows, spec).__getitems__(keys)
        assert all(torch.equal(once[name], by_batch[name]) for name in once)


def test_spec_survives_json_bit_for_bit() -> None:
    spec = make_spec(make_source(), np.arange(100))
    assert DataSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


# --- batches


def test_augmentation_is_independent_of_workers_and_of_the_batch() -> None:
    source = make_source()
    rows = np.arange(20, 120)
    spec = make_spec(source, rows)
    train = ArrayDataset(source, rows, spec, Augmentation({"noise": Noise()}, seed=1))

    def read(keys: list[list[SampleKey]], workers: int) -> dict[int, torch.Tensor]:
        loader = DataLoader(train, batch_sampler=keys, num_workers=workers, collate_fn=identity)
        return {
            int(index): sample
            for batch in loader
            for index, sample in zip(batch["index"], batch["inputs"], strict=True)
        }

    forward = [[(4, i) for i in range(start, start + 10)] for start in range(0, 100, 10)]
    backward = [[(4, i)] for i in reversed(range(100))]
    expected = read(forward, 0)
    assert sorted(expected) == rows.tolist()
    for keys, workers in ((forward, 2), (backward, 0)):
        found = read(keys, workers)
        assert all(torch.equal(found[row], expected[row]) for row in expected)
    later = read([[(5, i) for i in range(100)]], 0)
    assert not any(torch.equal(later[row], expected[row]) for row in expected)
    plain = ArrayDataset(source, rows, spec)[4, 0]
    assert torch.equal(plain["inputs"][0], prepare(spec, source.read(rows[:1]))[0])


def test_one_operation_does_not_move_the_draws_of_another() -> None:
    inputs, epochs, rows = torch.zeros(4, 3), np.zeros(4, np.int64), np.arange(4)
    alone = Augmentation({"noise": Noise()}, 0)(inputs, epochs, rows)
    both = Augmentation({"other": Noise(), "noise": Noise()}, 0)(inputs, epochs, rows)
    other = Augmentation({"other": Noise()}, 0)(inputs, epochs, rows)
    assert torch.equal(both, other + alone)


@pytest.mark.parametrize("workers", [0, 2])
def test_unreadable_file_gives_its_one_line_out_of_a_worker(workers: int) -> None:
    source = make_source(
        30,
        kind="vision",
        inputs=None,
        feature_names=(),
        paths=tuple(Path(str(n)) for n in range(30)),
        reader=BrokenReader(),
        input_shape=(1, 2, 2),
    )
    good = np.array([n for n in range(30) if n != 7])
    spec = make_spec(source, good)
    files = FileDataset(source, np.arange(30), spec)
    keys = [[(0, n) for n in range(start, start + 5)] for start in (0, 5, 10)]
    batches = iter(DataLoader(files, batch_sampler=keys, num_workers=workers, collate_fn=identity))
    with pytest.raises(UserError) as caught:
        list(batches)
    # The traceback keeps the iterator alive; collected later, it would wait for its workers.
    for worker in getattr(batches, "_workers", ()):
        worker.terminate()
    assert str(caught.value) == "image 7 can't be decoded (no: image): replace or delete it"


# --- integrity


def test_fingerprint_follows_samples_targets_and_splits() -> None:
    def mark(source: Source, seed: int = 0) -> str:
        splits = make_splits(source.targets, 0.2, 0.2, seed)
        return integrity.fingerprint(source, splits, integrity.hash_samples(source))

    source = make_source()
    assert source.inputs is not None
    changed = source.inputs.copy()
    changed[0, 0] += 1e-9
    relabelled = source.targets.copy()
    relabelled[[0, 1]] = relabelled[[1, 0]]
    marks = [
        mark(source),
        mark(source, seed=1),
        mark(make_source(inputs=changed)),
        mark(make_source(targets=relabelled)),
    ]
    assert len(set(marks)) == 4
    assert mark(make_source()) == marks[0]


def test_leakage_and_corruption_are_found() -> None:
    source = make_source()
    assert source.inputs is not None
    inputs = source.inputs.copy()
    inputs[100] = inputs[0]  # a training sample under another number in the test split
    inputs[3, 2] = np.inf
    broken = make_source(inputs=inputs)
    splits = {"train": np.arange(80), "val": np.arange(79, 100), "test": np.arange(100, 120)}
    digests = integrity.hash_samples(broken)
    found = {c.name: c for c in integrity.run_checks(broken, splits, digests)}
    assert [name for name, check in found.items() if check.status == "error"] == [
        "finite values",
        "splits share no row",
        "splits share no content",
    ]
    assert "1 of test also in train (first row 100)" in found["splits share no content"].detail
    assert "first row 3" in found["finite values"].detail
    assert found["copies agree"].status == "warning"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"targets": np.zeros(120, np.int64) + 3}, "targets reach from 3 to 3"),
        ({"targets": np.zeros(7, np.int64)}, "120 samples but 7 targets"),
        ({"inputs": np.zeros((120, 3), np.int32)}, "inputs are int32"),
        ({"feature_names": ("one",)}, "1 feature names for 3 features"),
    ],
)
def test_wrong_schema_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError, match=text):
        integrity.check_schema(make_source(**changes))


# --- targets named in the config


def _refuse() -> None:
    raise UserError("mend this")


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({}, "data.source needs a _target_"),
        ({"_target_": "no.such.module"}, "data.source: .*no.such.module"),
        ({"_target_": f"{make_spec.__module__}._refuse"}, "^mend this$"),
        ({"_target_": "json.dumps", "objekt": 1}, "unexpected keyword|missing 1 required"),
    ],
)
def test_config_targets_fail_in_one_line(node: dict[str, Any], text: str) -> None:
    call: Callable[..., Any] = instantiate
    with pytest.raises(UserError, match=text) as caught:
        call(node, "data.source")
    assert "\n" not in str(caught.value)
