"""How long scaffolding takes, and how long until `train --help` answers, beside an empty Python."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from measure import REPOSITORY, in_turns, report, scaffold, time_command

ROUNDS = 5


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        # cookiecutter copies a local template whole; a clone is what its users have.
        clone, home = Path(scratch, "ml-template"), Path(scratch, "home")
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        home.mkdir()
        project = scaffold(Path(scratch, "bench"), package_name="bench_project")
        python, here = [sys.executable], Path(scratch)
        environment = {"HOME": str(home), "PYTHONPATH": str(project / "src")}
        new = [*python, "-m", "ml_template", "new", "--no-input"]
        made = iter(range(1000))

        def run(*arguments: str) -> float:
            return time_command([*python, *arguments], here, environment)

        seconds = in_turns(
            {
                "python -c pass": lambda: run("-c", "pass"),
                "import torch": lambda: run("-c", "import torch"),
                "cookiecutter --no-input": lambda: run(
                    "-m", "cookiecutter", str(clone), "--no-input", f"project_name=p{next(made)}"
                ),
                "ml-template new --no-input": lambda: time_command(
                    [*new, str(here / f"n{next(made)}")], here, {"HOME": str(home)}
                ),
                "ml-template detect": lambda: run("-m", "ml_template", "detect"),
                "python -m <pkg> --help": lambda: run("-m", "bench_project", "--help"),
                "python -m <pkg> train --help": lambda: run(
                    "-m", "bench_project", "train", "--help"
                ),
            },
            ROUNDS,
        )
    print("Start-up, whole processes")
    report(seconds, "python -c pass", 1, "s")


if __name__ == "__main__":
    sys.exit(main())
