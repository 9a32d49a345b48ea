"""The wheel alone is enough: it scaffolds offline, and brings nothing heavy."""

from __future__ import annotations

import re
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def distributions(builder, template_export, tmp_path_factory):
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done = builder.run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, template_export
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture
def installed(distributions, user, tmp_path):
    """The folder of commands of a venv with the wheel in it.

    Dependencies come from the running environment through a .pth file: nothing is downloaded.
    """
    wheel, _ = distributions
    root = tmp_path / "venv"
    venv.create(root, symlinks=True)
    done = user.run(
        sys.executable,
        "-m",
        "pip",
        f"--python={root / 'bin' / 'python'}",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
    )
    assert done.returncode == 0, done.stderr
    (site,) = root.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    del user.environment["PYTHONPATH"]
    return root / "bin"


def test_the_installed_command_gives_the_same_bytes(installed, user, reference, read_tree):
    where = user.run(installed / "python", "-c", "import ml_template; print(ml_template.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed.parent)
    done = user.run(installed / "ml-template", "new", "project_name=demo", "--no-input")
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == reference


def test_the_installed_linter_runs(installed, user):
    (user.folder / "good.py").write_text("x = 1\n")
    done = user.run(installed / "mllint", "good.py")
    assert (done.returncode, done.stdout) == (0, "All clear: 1 file checked.\n")


def test_the_wheel_holds_packages_and_template_only(distributions, template_export):
    wheel, _ = distributions
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} <= {
        "mllint",
        "ml_template",
    }
    inside = {
        n.removeprefix("ml_template/_template/template/")
        for n in names
        if "/_template/template/" in n
    }
    body = template_export / "template"
    assert inside == {p.relative_to(body).as_posix() for p in body.rglob("*") if p.is_file()}


def test_the_sdist_holds_the_template_once(distributions):
    _, sdist = distributions
    with tarfile.open(sdist) as archive:
        names = [name.split("/")[1] for name in archive.getnames()]
    assert "template" in names
    assert not any("cookiecutter.project_slug" in name for name in names)


def test_no_heavy_dependency(distributions):
    wheel, _ = distributions
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
    lines = message_from_string(archive.read(metadata).decode()).get_all("Requires-Dist") or []
    core = {re.split("[<>]", line)[0] for line in lines if "extra ==" not in line}
    assert core == {
        "click",
        "cookiecutter",
        "libcst",
        "pathspec",
        "psutil",
        "rich",
        "ruamel-yaml",
    }


def test_the_constraints_pin_what_the_extra_asks_for(repository):
    extra = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    pins = (repository / "constraints.txt").read_text().lower()
    for requirement in extra["optional-dependencies"]["test"] + extra["dependencies"]:
        name = re.split("[<>]", requirement)[0].lower().replace("-", "_").replace(".", "_")
        flat = pins.replace("-", "_").replace(".", "_")
        assert f"\n{name}==" in flat, requirement
    assert "\ntorch==2.13.0\n" in pins
