"""The project's documents name what exists, and its files can be read by the tools they are for."""

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from packaging.requirements import Requirement

from {{ cookiecutter.package_name }} import cli
from {{ cookiecutter.package_name }}.config import (
    config_hash,
    flatten,
    to_config,
    to_dict,
)

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
CONFIGS = sorted(path.relative_to(ROOT) for path in (ROOT / "configs").rglob("*.yaml"))
LOADERS = {".toml": tomllib.loads, ".yaml": yaml.safe_load, ".yml": yaml.safe_load}
LOADERS |= {".ipynb": json.loads, ".json": json.loads}
# What the documents tell the reader to write or to pass, so that it need not exist yet.
INVENTED = {"wide", "rings", "NAME"}


def documented_commands(document: Path) -> list[list[str]]:
    """Return the commands of a document's shell blocks and of its code spans, as words."""
    text = (ROOT / document).read_text(encoding="utf-8")
    lines = []
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        lines += block.replace("\\\n", " ").splitlines()
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines += re.findall(r"`((?:make|python|torchrun|sbatch|pip) [^`\n]+)`", prose)
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def tracked_files() -> list[Path]:
    """Return the files that belong to the project, without environments, data and runs."""
    skipped = {"outputs", "data", "build", "dist", "wandb"}
    return [
        path
        for entry in ROOT.iterdir()
        if entry.name not in skipped and entry.name not in (".git", ".venv", "venv")
        for path in ([entry] if entry.is_file() else entry.rglob("*"))
        if path.is_file() and "cache" not in str(path.relative_to(ROOT))
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_documented_commands_exist(document: Path, package: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for words in documented_commands(document):
        line = " ".join(words)
        if words[0] == "make":
            assert words[1] in targets, line
        if "-m" in words and words[words.index("-m") + 1] == package:
            assert words[words.index("-m") + 2] in cli.COMMANDS, line
        for word in words:
            if re.fullmatch(r"(scripts|tests)/\S+", word):
                assert (ROOT / word).is_file(), line


def test_documented_overrides_exist() -> None:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        known = {key for key, _ in flatten(to_dict(to_config(compose("config"))))}
    words = {word for path in DOCUMENTS for line in documented_commands(path) for word in line}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[a-z_.]+", key) or word == "key=value":
            continue
        if (ROOT / "configs" / key).is_dir():
            assert value in INVENTED or (ROOT / "configs" / key / f"{value}.yaml").is_file(), word
        else:  # the keys of these groups depend on the choice
            assert key in known or key.startswith(("model.", "data.source.")), word


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_and_paths_exist(document: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    folder = (ROOT / document).parent
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (folder / target).exists(), target
    for span in re.findall(r"`((?:src|configs|scripts|tests|notebooks|docs)/[\w./-]*)`", text):
        invented = any(part.partition(".")[0] in INVENTED for part in Path(span).parts)
        assert invented or (ROOT / span).exists(), span


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_config_composes(config: Path) -> None:
    group = config.relative_to("configs").parent.as_posix()
    overrides = [] if group == "." else [f"{group}={config.stem}"]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        assert config_hash(to_config(compose("config", overrides=overrides)))


def test_files_parse() -> None:
    for path in tracked_files():
        text = path.read_text(encoding="utf-8")
        if path.suffix in LOADERS:
            LOADERS[path.suffix](text)
        if path.suffix == ".py":
            ast.parse(text)
        if path.suffix == ".ipynb":
            cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
            assert not any(cell["outputs"] for cell in cells), "clear the notebook's outputs"


def test_lock_has_exact_versions_within_the_ranges() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert list(pins) == sorted(pins)
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for line in [*table["dependencies"], *table["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[wanted.name]), line


def test_scripts_name_their_command() -> None:
    for name, command in (("train", "train"), ("evaluate", "evaluate"), ("inference", "predict")):
        text = (ROOT / "scripts" / f"{name}.py").read_text(encoding="utf-8")
        assert f'["{command}", *sys.argv[1:]]' in text


def test_script_runs_from_anywhere_without_installation(tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(ROOT / "scripts" / "train.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "training" in done.stdout
