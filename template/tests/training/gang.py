"""What two processes do together for test_distributed.py: `python -m training.gang FOLDER`.

One gang plays all scenes, since starting it takes longer than they do. Each process writes what it
saw to FOLDER/<scene>-<rank>.json.
"""

import json
import sys
from pathlib import Path
from typing import Any

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training import provenance, step
from {{ cookiecutter.package_name }}.training.distributed import (
    World,
    join_world,
)
from {{ cookiecutter.package_name }}.training.loop import Loop
from {{ cookiecutter.package_name }}.training.resume import SplitsNote
from {{ cookiecutter.package_name }}.training.signals import (
    StopRequest,
)
from {{ cookiecutter.package_name }}.utils.ending import (
    end_at_once,
)

from .tiny import FaultyTask, configure, start, weights

# 22 rows in batches of 3: the last batch of an epoch has one row, and one process none.
UNEVEN = ("training.batch_size=3", "training.accumulate=2")
NOISY = (*UNEVEN, "model.dropout=0.5", "training.ema_decay=0.9", "training.evaluate_every_steps=2")
GUARDED = (*UNEVEN, "training.divergence.max_bad_steps=2", "training.checkpoint.every_steps=2")


def finish(loop: Loop) -> dict[str, Any]:
    """Train to the end; return what must agree."""
    status = loop.fit()
    loop.close(status)
    state = loop.state
    return {
        "status": status,
        "step": state.step,
        "splits": state.splits,
        "rollbacks": state.rollbacks,
        "weights": weights(loop.parts).tolist(),
    }


def plain(world: World, folder: Path) -> Any:
    """Train as a user does: cautious first steps, then DDP's own exchange."""
    return finish(start(configure(folder, *UNEVEN), world=world))


def cautious(world: World, folder: Path) -> Any:
    """Exchange gradients after each backward pass, all the way."""
    former, step._STEPS_TO_PROVE = step._STEPS_TO_PROVE, 10**9
    try:
        return plain(world, folder)
    finally:
        step._STEPS_TO_PROVE = former


def overlapped(world: World, folder: Path) -> Any:
    """Exchange gradients within the backward pass from the first step on."""
    former, step._STEPS_TO_PROVE = step._STEPS_TO_PROVE, 0
    try:
        return plain(world, folder)
    finally:
        step._STEPS_TO_PROVE = former


def noisy(world: World, folder: Path) -> Any:
    """Train with dropout and a moving average, uninterrupted."""
    return finish(start(configure(folder, *NOISY), world=world))


def stopped(world: World, folder: Path) -> Any:
    """Ask only the second process to stop, then go on."""
    task = FaultyTask(stop_at=9 if world.rank == 1 else None, stop=StopRequest())
    first = finish(start(configure(folder, *NOISY), task, world))
    return [first, finish(start(configure(folder, *NOISY, "resume=must"), world=world))]


def out_of_memory(world: World, folder: Path) -> Any:
    """Let only the second process run out of memory, in the first step."""
    task = FaultyTask(capacity=1 if world.rank == 1 else 10**9)
    return finish(start(configure(folder, *UNEVEN), task, world))


def note(world: World, folder: Path) -> Any:
    """Start after a gang that ran out of memory in the middle of an exchange."""
    if world.is_main:
        folder.mkdir(parents=True)
        SplitsNote(folder).leave(2)
    world.barrier()
    result = finish(start(configure(folder, *UNEVEN), world=world))
    return {**result, "note is left": SplitsNote(folder).path.exists()}


def diverged(world: World, folder: Path) -> Any:
    """Let only the second process see a loss that is no number, in steps 3 and 4."""
    task = FaultyTask(nan_calls=(5, 7) if world.rank == 1 else ())
    return finish(start(configure(folder, *GUARDED), task, world))


def one_row_to_evaluate(world: World, folder: Path) -> Any:
    """Evaluate a split that is smaller than the number of processes."""
    loop = start(configure(folder, "data.source.val_rows=1"), world=world)
    values = loop.evaluate()
    loop.close("completed")
    return values


def full_disk(world: World, folder: Path) -> Any:
    """Let the main process fail to save; the other must not wait for ever."""

    def refuse(*arguments: Any, **options: Any) -> Path:
        raise UserError("the disk is full")

    loop = start(configure(folder), world=world)
    loop.store.save = refuse  # type: ignore[method-assign]
    try:
        loop.fit()
    except UserError as error:
        return str(error)
    finally:
        loop.close("failed")
    return None


SCENES = (
    plain,
    cautious,
    overlapped,
    noisy,
    stopped,
    out_of_memory,
    note,
    diverged,
    one_row_to_evaluate,
    full_disk,
)


def main(folder: Path) -> None:
    """Play every scene, without reports of the machine, which take longer than a scene."""
    for name in ("system_report", "git_state"):
        setattr(provenance, name, lambda *arguments: {})
    with join_world("cpu") as world:
        for scene in SCENES:
            seen = scene(world, folder / scene.__name__)
            (folder / f"{scene.__name__}-{world.rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    end_at_once(0)
