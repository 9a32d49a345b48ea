"""Write template/requirements.lock: the exact versions that an emitted project is tested with.

    python tools/refresh_lock.py                 make a fresh environment, resolve, write
    python tools/refresh_lock.py --venv .venv    take the versions of an environment that exists
    python tools/refresh_lock.py --check         write nothing; exit 1 when the lock would change

The ranges come from the template's own pyproject.toml, rendered once per tracker. All of them are
installed into one environment, with torch at the tested version; the lock is the closure of what
the project needs, read from the installed metadata. What only one tracker needs stands in a Jinja
block.

Run it with the oldest Python that a project may choose: then pip takes versions that support it,
and a check makes sure that they support the newest one too. Where the default torch is too big (a
CUDA build on Linux), set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
import venv
from itertools import groupby
from pathlib import Path

from cookiecutter.generate import generate_files
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "template" / "requirements.lock"
TORCH = "2.13.0"
PYTHONS = ("3.11", "3.12", "3.13")
TRACKERS = ("none", "tensorboard", "wandb")
# Only CUDA builds of torch for Linux need these, and they pin them themselves.
PLATFORM_PREFIXES = ("nvidia-", "cuda-", "triton", "pytorch-triton")
PLATFORM_EXCEPTIONS = ("nvidia-ml-py",)

Distributions = dict[str, dict[str, str | list[str]]]

READ_METADATA = """
import importlib.metadata as m, json
print(json.dumps([{"name": d.metadata["Name"], "version": d.version, "requires": d.requires or [],
                   "python": d.metadata["Requires-Python"] or ""} for d in m.distributions()]))
"""


def main() -> int:
    """Resolve, check and write the lock; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", type=Path, help="read this environment instead of making one")
    parser.add_argument("--torch", default=TORCH, help=f"torch version (default: {TORCH})")
    parser.add_argument("--check", action="store_true", help="only say whether the lock is current")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="lock-") as scratch:
        needed = {tracker: requirements(tracker, Path(scratch)) for tracker in TRACKERS}
        if arguments.venv:
            python = environment_python(arguments.venv)
        else:
            python = install(sorted(set().union(*needed.values())), arguments.torch, Path(scratch))
        installed = read_distributions(python)
    closures = {tracker: closure(roots, installed) for tracker, roots in needed.items()}
    refuse_unsupported(set().union(*closures.values()), installed)
    text = lock_text(closures, installed)

    if arguments.check:
        current = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
        if current != text:
            sys.stderr.write(f"{LOCK.relative_to(ROOT)} is out of date: run make lock\n")
        return int(current != text)
    LOCK.write_text(text, encoding="utf-8")
    sys.stderr.write(f"wrote {LOCK.relative_to(ROOT)}: {text.count('==')} lines\n")
    return 0


def requirements(tracker: str, scratch: Path) -> list[str]:
    """Return the ranges of a project: core, dev, gpu and the tracker's library."""
    answers = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    # A choice's first member stands for the choice; pillow makes vision the superset.
    context = {
        key: value[0] if isinstance(value, list) else value for key, value in answers.items()
    }
    context |= {"project_slug": tracker, "package_name": "project", "project_kind": "vision"}
    context |= {"tracker": tracker, "_copy_without_render": answers["_copy_without_render"]}
    # Only pyproject.toml matters here, so only it is rendered.
    body = scratch / f"template-{tracker}" / "{{cookiecutter.project_slug}}"
    body.mkdir(parents=True)
    text = (ROOT / "template" / "pyproject.toml").read_text(encoding="utf-8")
    (body / "pyproject.toml").write_text(text, encoding="utf-8")
    project = generate_files(
        body.parent, {"cookiecutter": context}, output_dir=scratch / "out", accept_hooks=False
    )
    table = tomllib.loads(Path(project, "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = table["optional-dependencies"]
    names = ["dev", "gpu", *([tracker] if tracker in extras else [])]
    return [*table["dependencies"], *(line for name in names for line in extras[name])]


def install(lines: list[str], torch: str, scratch: Path) -> Path:
    """Install requirement lines into a new environment and return its Python."""
    folder = scratch / "venv"
    venv.create(folder, with_pip=True)
    python = environment_python(folder)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--upgrade", "pip>=24"], check=True)
    subprocess.run([*pip, f"torch=={torch}", *lines], check=True)
    return python


def environment_python(folder: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    windows = folder / "Scripts" / "python.exe"
    return windows if windows.exists() else folder / "bin" / "python"


def read_distributions(python: Path) -> Distributions:
    """Return what is installed in an environment, by canonical name."""
    command = [str(python), "-I", "-c", READ_METADATA]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {canonicalize_name(entry["name"]): entry for entry in json.loads(output)}


def closure(roots: list[str], installed: Distributions) -> set[str]:
    """Return the names that the roots need on any supported Python, themselves included.

    Raises:
        SystemExit: A root is not installed, or not in the range asked for.
    """
    found: set[str] = set()
    queue = [Requirement(root) for root in roots]
    for root in queue:
        entry = installed.get(canonicalize_name(root.name))
        if entry is None or not root.specifier.contains(str(entry["version"]), prereleases=True):
            version = entry["version"] if entry else "nothing"
            raise SystemExit(f"the environment has {version} for {root}: make a fresh one")
    visited: set[tuple[str, frozenset[str]]] = set()
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        # A dependency for another system or Python is not installed here: pip resolves it there.
        if key in visited or name not in installed or is_platform_package(name):
            continue
        visited.add(key)
        found.add(name)
        for line in installed[name]["requires"]:
            needed = Requirement(line)
            if applies(needed, requirement.extras):
                queue.append(needed)
    return found


def applies(requirement: Requirement, extras: set[str]) -> bool:
    """Return whether a dependency is wanted with these extras on any supported Python."""
    if requirement.marker is None:
        return True
    for python in PYTHONS:
        base = default_environment()
        base |= {"python_version": python, "python_full_version": f"{python}.0"}
        for extra in extras or {""}:
            environment = {str(key): str(value) for key, value in base.items()} | {"extra": extra}
            if requirement.marker.evaluate(environment):
                return True
    return False


def is_platform_package(name: str) -> bool:
    """Return whether only a CUDA build of torch needs this package."""
    return name.startswith(PLATFORM_PREFIXES) and name not in PLATFORM_EXCEPTIONS


def refuse_unsupported(names: set[str], installed: Distributions) -> None:
    """Stop when a version can't be installed on one of the Pythons that a project may choose.

    Raises:
        SystemExit: Names the packages and their Requires-Python.
    """
    bad = [
        f"{name}=={installed[name]['version']} requires Python {installed[name]['python']}"
        for name in sorted(names)
        # Some caps speak of patch versions: ask for a late one.
        if not all(f"{p}.9" in SpecifierSet(str(installed[name]["python"])) for p in PYTHONS)
    ]
    if bad:
        raise SystemExit(
            "not for every Python of " + ", ".join(PYTHONS) + ":\n  " + "\n  ".join(bad)
        )


def lock_text(closures: dict[str, set[str]], installed: Distributions) -> str:
    """Return the lock: sorted, one pin a line, Jinja around what not every tracker needs."""
    lines = [
        "# The exact versions that this project was tested with: Python "
        + ", ".join(PYTHONS)
        + "; torch may be a CPU or CUDA build.",
        "#   pip install -r requirements.lock -e .",
        "# CUDA libraries are not listed: torch pins its own.",
    ]
    names = sorted(set().union(*closures.values()))
    for condition, group in groupby(names, key=lambda name: condition_of(name, closures)):
        pins = [f"{name}=={Version(str(installed[name]['version'])).public}" for name in group]
        lines += [f"{{%- if {condition} %}}", *pins, "{%- endif %}"] if condition else pins
    return "\n".join(lines) + "\n"


def condition_of(name: str, closures: dict[str, set[str]]) -> str:
    """Return the Jinja condition under which a package is needed, or nothing when it always is."""
    needing = [tracker for tracker in TRACKERS if name in closures[tracker]]
    if len(needing) == len(TRACKERS):
        return ""
    if len(needing) == 1:
        return f"cookiecutter.tracker == '{needing[0]}'"
    return f"cookiecutter.tracker in {needing!r}"


if __name__ == "__main__":
    raise SystemExit(main())
