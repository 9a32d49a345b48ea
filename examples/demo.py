"""The first minutes of a newcomer (`make demo`): scaffold, train, kill, resume, evaluate, lint.

Everything happens below build/, which is made anew each time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = REPOSITORY / "build" / "demo"
RUN = Path("outputs/demo")  # relative to the project, as its owner would type it
console = Console()


def main() -> None:
    """Run the demonstration; stop at the first step that fails."""
    started = time.monotonic()
    shutil.rmtree(PROJECT, ignore_errors=True)

    step("A project, from the template")
    new = "-m", "ml_template", "new", str(PROJECT), "--no-input"
    run(REPOSITORY, *new, "project_name=Demo", shown="ml-template new build/demo --no-input")

    step("Training, killed with SIGKILL on the way …")
    kill_on_the_way("scripts/train.py", f"run_dir={RUN}")

    step("… and resumed by the same command")
    run(PROJECT, "scripts/train.py", f"run_dir={RUN}")

    step("Evaluation on the test split, which training never saw")
    run(PROJECT, "scripts/evaluate.py", f"run_dir={RUN}")

    step("Linted: nothing to find")
    run(REPOSITORY, "-m", "mllint", "build/demo", shown="mllint build/demo")

    step("A research repository that looks like many, linted")
    concise = ("examples/flawed", "--output-format", "concise")
    run(REPOSITORY, "-m", "mllint", *concise, shown=f"mllint {' '.join(concise)}", status=1)

    step("What its flaws are worth, on data in which nothing predicts anything")
    run(REPOSITORY, "examples/cohort.py", "build/cohort.csv")
    for name in ("flawed", "mended"):
        run(REPOSITORY, f"examples/{name}/baselines.py", "build/cohort.csv")

    summarise(time.monotonic() - started)


def step(title: str) -> None:
    """Head a step."""
    console.print()
    console.print(Rule(title, align="left", style="bold cyan"))


def command(*arguments: str, shown: str | None = None) -> list[str]:
    """Show a command as its user would type it, and return it as it is run here."""
    console.print(f"[bold]$ {shown or ' '.join(['python', *arguments])}[/]", highlight=False)
    return [sys.executable, *arguments]


def run(folder: Path, *arguments: str, shown: str | None = None, status: int = 0) -> None:
    """Run a Python command in a folder, on this terminal, and expect an exit status."""
    done = subprocess.run(command(*arguments, shown=shown), cwd=folder, check=False)
    if done.returncode != status:
        raise SystemExit(f"the demonstration stopped: status {done.returncode}")


def kill_on_the_way(*arguments: str) -> None:
    """Start a run, and kill it without warning once it has saved its third epoch."""
    process = subprocess.Popen(command(*arguments), cwd=PROJECT)
    metrics = PROJECT / RUN / "metrics.jsonl"
    while process.poll() is None:
        if metrics.exists() and metrics.read_text().count("val/loss") >= 3:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            # The bar that was killed did not give the cursor back.
            console.show_cursor(True)
            console.print("\n[yellow]killed[/]")
            return
        time.sleep(0.05)
    raise SystemExit(f"the demonstration stopped: training ended with {process.returncode}")


def summarise(seconds: float) -> None:
    """Say what came out, and where everything is."""
    folder = PROJECT / RUN
    metrics = json.loads((folder / "evaluation" / "test" / "metrics.json").read_text())
    events = [json.loads(line)["event"] for line in (folder / "events.jsonl").open()]
    table = Table.grid(padding=(0, 2))
    for what, where in (
        ("the project", PROJECT),
        ("its first page", PROJECT / "README.md"),
        ("the loss, to change first", PROJECT / "src/demo/tasks/classification.py"),
        ("the training loop", PROJECT / "src/demo/training/loop.py"),
        ("metrics of each step", folder / "metrics.jsonl"),
        ("best weights", folder / "checkpoints/best/model.safetensors"),
        ("scores and figures", folder / "evaluation/test"),
    ):
        if not where.exists():
            raise SystemExit(f"the demonstration stopped: {where} is missing")
        table.add_row(what, str(where.relative_to(REPOSITORY)))
    accuracy = metrics["model"]["accuracy"]
    console.print()
    console.print(
        Panel(
            table,
            title=f"[bold green]{accuracy:.1%} test accuracy[/] in {seconds:.0f} s, "
            f"{' → '.join(events)}",
            title_align="left",
            expand=False,
        )
    )
    console.print(
        "Next: [bold]cd build/demo[/], and its README; [bold]mllint examples/flawed[/] shows each "
        "finding with its evidence; `make test` checks all of this."
    )


if __name__ == "__main__":
    main()
