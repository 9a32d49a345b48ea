"""The command line: one table of commands, and errors in one line.

Each command composes the configuration from `configs/` with Hydra's overrides, and hands it to a
function, whose module is loaded only then: `--help` waits for no PyTorch.
"""

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import UserError


@dataclass(frozen=True)
class Command:
    """A command: what it does in a line, and the function that does it."""

    summary: str
    target: str  # module below this package : function of one Config


COMMANDS = {
    "train": Command("train, or go on with an interrupted run", "training.loop:main"),
    "evaluate": Command("score a run on held-out data, with figures", "evaluation.evaluate:main"),
    "predict": Command("predict files, or the test split", "evaluation.predict:main"),
    "doctor": Command("report machine and project, with alerts", "utils.system:main"),
    "validate-data": Command("check the data and its splits", "data.validate:main"),
    "check": Command("check model, gradients, loss and determinism", "training.checks:check"),
    "overfit": Command("fit one batch: can this model learn at all?", "training.checks:overfit"),
    "find-lr": Command("sweep the learning rate over one short run", "training.finders:find_lr"),
    "find-batch": Command("find the largest batch that fits", "training.finders:find_batch"),
}
_OK, _USER_ERROR, _INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status: 0 done, 1 a check failed, 2 a mistake to mend.

    One of several processes ends here, and does not return.
    """
    status = _command(argv)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        from .utils.ending import end_at_once

        end_at_once(status)
    return status


def _command(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(_overview())
        return _OK
    name, *rest = arguments
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(COMMANDS)}"
        return _fail(f"no command {name!r}: {hint}")
    try:
        return _run(name, rest)
    except UserError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted", _INTERRUPTED)
    except BrokenPipeError:  # `… --help | head`: nobody reads on, and nobody must be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OK


def _run(name: str, overrides: list[str]) -> int:
    """Compose the configuration and call the command, once, or once per job of a multirun."""
    # Hydra prints errors in its own way and exits; told so, it lets them through to be worded here.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    import hydra
    from hydra.errors import HydraException
    from omegaconf import DictConfig
    from omegaconf.errors import OmegaConfBaseException

    from .config import CONFIG_DIR, PACKAGE, to_config
    from .overrides import explain

    if not CONFIG_DIR.is_dir():
        raise UserError(f"{CONFIG_DIR}: no configs; install the project with pip install -e .")
    for override in overrides:
        if override.startswith("="):  # Hydra trips over it
            raise UserError(f"{override}: not a key=value, the key is missing")
    statuses: list[int] = []
    mistakes: list[UserError] = []

    def job(node: DictConfig) -> None:
        module, _, function = COMMANDS[name].target.partition(":")
        try:
            config = to_config(node)
            command = getattr(importlib.import_module(f".{module}", PACKAGE), function)
            statuses.append(command(config) or _OK)
        except UserError as error:
            mistakes.append(error)  # raised below: Hydra would print a line of its own

    former, sys.argv = sys.argv, [f"{PACKAGE} {name}", *overrides]
    try:
        hydra.main(version_base="1.3", config_path=str(CONFIG_DIR), config_name="config")(job)()
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(explain(error, overrides)) from error
    finally:
        sys.argv = former
    if mistakes:
        raise mistakes[0]
    return max(statuses, default=_OK)


def _overview() -> str:
    package = __name__.partition(".")[0]
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            f"usage: python -m {package} COMMAND [key=value …]",
            "",
            *lines,
            "",
            f"python -m {package} COMMAND --help shows every key with its value.",
            "",
        ]
    )


def _fail(message: str, status: int = _USER_ERROR) -> int:
    one_line = " ".join(message.split())
    sys.stderr.write(f"error: {one_line}\n")
    return status
