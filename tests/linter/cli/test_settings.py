"""What options and configuration files do to a run."""

from __future__ import annotations

import json

import pytest

from .conftest import TRAINING


@pytest.fixture(autouse=True)
def files(tmp_path):
    (tmp_path / "train.py").write_text(TRAINING)
    (tmp_path / "broken.py").write_text("x = (\n")


SELECTIONS = [
    ([], ["MLX002", "MLR001"]),
    (["--select", "MLC"], ["MLX002"]),
    (["--ignore", "MLR001"], ["MLX002"]),
    (["--ignore", "unseeded-training-run,MLX002"], []),
    (["--ignore", "MLR001", "--ignore", "MLX002"], []),
    (["--select", "MLC,MLR001"], ["MLX002", "MLR001"]),
    (["--per-file-ignores", "train.py:MLR001"], ["MLX002"]),
    (["--per-file-ignores", "*.py:ALL,other.py:MLC"], []),
    (["--per-file-ignores", "!other.py:MLR,MLX"], []),
    (["--exclude", "broken.py"], ["MLR001"]),
    (["--extend-exclude", "b*.py,train.py"], []),
    (["--config", "select = ['MLC']"], ["MLX002"]),
    (["--config", "select = ['MLC']", "--select", "MLR"], ["MLX002", "MLR001"]),
    (["--config", "per-file-ignores = {'t*.py' = ['MLR001']}"], ["MLX002"]),
    (["train.py", "--exclude", "train.py"], ["MLR001"]),
    (["train.py", "--exclude", "train.py", "--force-exclude"], []),
]


@pytest.mark.parametrize(("arguments", "expected"), SELECTIONS, ids=str)
def test_options(arguments, expected, found):
    assert found(*arguments) == expected


CONFIGURATIONS = [
    ("ignore = ['MLR001']", ["MLX002"]),
    ("extend-exclude = ['broken.py']", ["MLR001"]),
    ("[per-file-ignores]\n'train.py' = ['unseeded-training-run']", ["MLX002"]),
    ("force-exclude = true\nexclude = ['*.py']", []),
]


@pytest.mark.parametrize(("text", "expected"), CONFIGURATIONS)
def test_configuration(text, expected, found, tmp_path):
    (tmp_path / "mllint.toml").write_text(text)
    assert found() == expected
    (tmp_path / "mllint.toml").unlink()
    in_table = text.replace("[per-", "[tool.mllint.per-")
    (tmp_path / "pyproject.toml").write_text(f"[tool.mllint]\n{in_table}\n")
    assert found() == expected
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "other.toml").write_text(text)
    assert found() == ["MLX002", "MLR001"]
    assert found("--config", "other.toml") == expected


def test_a_mistake_in_a_file_names_file_and_line(run, tmp_path):
    (tmp_path / "mllint.toml").write_text('\n\nignore = [\n  "MLC001",\n  "MLR0001",\n]\n')
    status, out, err = run()
    assert (status, out) == (2, "")
    assert err.startswith("mllint: mllint.toml:5: no rule has the code or name 'MLR0001'; did you")


def test_gitignore(found, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("broken.py\n")
    assert found() == ["MLR001"]
    assert found("--no-respect-gitignore") == ["MLX002", "MLR001"]
    (tmp_path / "mllint.toml").write_text("respect-gitignore = false\n")
    assert found() == ["MLX002", "MLR001"]
    assert found("--respect-gitignore") == ["MLR001"]


def test_what_is_left_out_is_known_all_the_same(found, tmp_path):
    text = TRAINING.replace("import torch\n", "import torch\nimport seeds\n", 1)
    (tmp_path / "train.py").write_text(text)
    (tmp_path / "seeds.py").write_text("import torch\ntorch.manual_seed(0)\nx = (1\n")
    assert "MLR001" in found()
    (tmp_path / "seeds.py").write_text("import torch\ntorch.manual_seed(0)\n")
    assert found("--exclude", "seeds.py,broken.py") == []


def test_the_cache_is_where_it_is_wanted(run, tmp_path):
    run("--no-cache")
    assert not (tmp_path / ".mllint_cache").exists()
    run("--cache-dir", "here")
    assert (tmp_path / "here" / "CACHEDIR.TAG").exists()
    (tmp_path / "mllint.toml").write_text("cache-dir = 'there'\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.py").write_text("x = 1\n")
    run("below")
    assert (tmp_path / "there").exists()
    assert not (tmp_path / ".mllint_cache").exists()


OWN = {
    "lab/__init__.py": "",
    "lab/all.py": "from ._lib import native\n"
    "def fix_everything():\n    native(3)\n"
    "class Keeper:\n    def keep(self, model):\n        native(model)\n",
    "train.py": "import torch\nfrom lab.all import fix_everything, Keeper\n"
    "import fastlab\n\n"
    "optimizer = torch.optim.SGD([], lr=0.1)\n"
    "{seed}\n"
    "for x in data:\n    optimizer.step()\n"
    "{save}\n",
}


@pytest.mark.parametrize(
    ("seed", "save", "settings"),
    [
        ("fix_everything()", "Keeper().keep(3)", ("lab.all.fix_everything", "lab.all.Keeper.keep")),
        ("fastlab.begin()", "fastlab.Store().put(3)", ("fastlab.begin", "fastlab.Store.put")),
    ],
)
def test_functions_of_the_users_own(seed, save, settings, found, tmp_path):
    for name, text in OWN.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("{seed}", seed).replace("{save}", save))
    ignored = ("--exclude", "broken.py", "--select", "MLR001,MLC001")
    assert sorted(found(*ignored)) == ["MLC001", "MLR001"]
    (tmp_path / "mllint.toml").write_text(f"seeds = ['{settings[0]}']\nsaves = ['{settings[1]}']\n")
    assert found(*ignored) == []


def test_metrics_that_a_function_of_the_users_own_records(found, tmp_path):
    text = """import torch
import lab

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data:
    loss = torch.nn.functional.mse_loss(x, y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    lab.keep(loss.item())
torch.save(optimizer, "o.pt")
"""
    (tmp_path / "train.py").write_text(text)
    (tmp_path / "lab.py").write_text("values = []\n\ndef keep(value):\n    values.append(value)\n")
    only = ("train.py", "--select", "MLL001")
    assert found(*only) == ["MLL001"]
    assert found(*only, "--config", "logs = ['lab.keep']") == []


def test_the_output_format_of_a_file(run, tmp_path):
    (tmp_path / "mllint.toml").write_text("output-format = 'json-lines'\n")
    _, out, _ = run()
    assert [json.loads(line)["code"] for line in out.splitlines()] == ["MLX002", "MLR001"]
    assert run("--output-format", "concise")[1].startswith("broken.py:1:5: MLX002")
