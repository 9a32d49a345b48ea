"""One program that is begun from several places: a main file, and those that only launch it.

``slurm.py`` that calls ``train.main()`` is no second program beside ``train.py``, but the way to
it. Two files that share a trainer are two programs: what they have in common stands in neither.
"""

from __future__ import annotations

from collections.abc import Iterable

from .symbols import FunctionSymbol
from .training import Training


def way(training: Training) -> list[FunctionSymbol]:
    """Return the functions on the way from where a program begins to where it trains."""
    frames = training.reach.way(training.site.frame)
    return [frame.function for frame in frames if frame.function is not None]


def own_main(training: Training, functions: list[FunctionSymbol]) -> FunctionSymbol | None:
    """Return the first function on the way, if it stands in the file where the program begins."""
    first = functions[0] if functions else None
    return first if first is not None and first.module is training.entry.module else None


def group(trainings: Iterable[Training]) -> list[Training]:
    """Return the programs, each with those that launch it.

    Args:
        trainings: What was found from each entry point, in the order of the files.
    """
    ways = [(each, way(each)) for each in trainings]
    mains: dict[FunctionSymbol, Training] = {}
    for training, functions in ways:
        main = own_main(training, functions)
        if main is not None:
            mains.setdefault(main, training)
    hosts: dict[Training, Training] = {}
    for training, functions in ways:
        # The last is the nearest to where it trains: what a launcher of a launcher begins.
        begun = [mains[each] for each in functions if each in mains]
        hosts[training] = begun[-1] if begun else training
    programs: list[Training] = []
    for training, host in hosts.items():
        seen = {training}
        while hosts[host] is not host and host not in seen:
            seen.add(host)
            host = hosts[host]
        if host in seen:
            programs.append(training)
        else:
            host.launchers.append(training)
    return programs
