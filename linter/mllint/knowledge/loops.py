"""Rows about calls that own a training loop, or run one over data that they are handed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

DUTIES = frozenset({"seed", "checkpoint", "log"})
OWNER_KEYS = ("name", "made", "owns", "off", "on", "brings", "takes_epochs", "since")
PURPOSES = frozenset({"train", "validate", "test"})


class KnowledgeError(ValueError):
    """A knowledge file says what it can't say; the message tells file and key."""


@dataclass(frozen=True)
class Owner:
    """A call that owns a training loop.

    Attributes:
        names: The call.
        made: The constructor whose arguments switch duties off.
        owns: What it does by itself: ``seed``, ``checkpoint``, ``log``.
        off: For a duty, the arguments that switch it off, as ``name=value``.
        on: For a duty that it takes over only if it is asked to, the arguments that ask for it.
        brings: For a duty, another that it sees to as well: a checkpoint may hold the metrics.
        takes_epochs: Whether it trains in epochs that a crash can waste, rather than in one fit.
        since: The library, and its first version of which this is true; None for any.
    """

    names: tuple[str, ...]
    made: str
    owns: frozenset[str]
    off: dict[str, list[str]]
    on: dict[str, list[str]]
    brings: dict[str, str] = field(default_factory=dict)
    takes_epochs: bool = True
    since: tuple[str, tuple[int, ...]] | None = None


@dataclass(frozen=True)
class Feed:
    """A call that runs a loop over data that it is handed.

    Attributes:
        names: The call.
        arguments: For a keyword, its position and what the data are for: ``train``, ``validate``
            (to choose a model), ``test`` (to report on it).
        by: The argument by which it is handed what chooses; empty where that is handed elsewhere.
        module: The class of what may be handed in place of each of them, and has them all.
    """

    names: tuple[str, ...]
    arguments: dict[str, tuple[int | None, str]]
    by: str = ""
    module: str = ""


@dataclass(frozen=True)
class Chooser:
    """What makes the loop of a library choose an epoch or a rate by what it validates on.

    Attributes:
        names: The call that makes it, or that configures the loop.
        asks: The argument without which it chooses nothing: ``name``, or ``name=value``; empty
            where it always does.
        within: The method that hands it to the loop; empty where it need not be handed.
        monitors: How the name of what it looks at begins, if it is one of validation; empty where
            any name may be one but those of training.
    """

    names: tuple[str, ...]
    asks: str = ""
    within: str = ""
    monitors: str = ""


def chooser(data: dict[str, Any], where: str) -> Chooser:
    """Return a chooser, as a file describes it."""
    if not {"name"} <= data.keys() <= {"name", "asks", "within", "monitors"}:
        raise KnowledgeError(f"{where}: a chooser has name, asks, within, monitors")
    names = tuple(texts(data["name"], f"{where}: chooser.name"))
    return Chooser(names, *(str(data.get(key, "")) for key in ("asks", "within", "monitors")))


def owner(data: dict[str, Any], where: str) -> Owner:
    """Return an owner, as a file describes it."""
    if not {"name", "made"} <= data.keys() <= set(OWNER_KEYS):
        raise KnowledgeError(f"{where}: an owner has {', '.join(OWNER_KEYS)}")
    switches = {key: dict[str, list[str]](data.get(key, {})) for key in ("off", "on")}
    for key, duties in switches.items():
        for duty, arguments in duties.items():
            texts(arguments, f"{where}: owner.{key}.{duty}")
    owns = frozenset(texts(data.get("owns", []), f"{where}: owner.owns"))
    brings = dict[str, str](data.get("brings", {}))
    named = switches["off"].keys() | switches["on"].keys() | brings.keys() | set(brings.values())
    if not owns | named <= DUTIES:
        raise KnowledgeError(f"{where}: duties are {', '.join(sorted(DUTIES))}")
    names = tuple(texts(data["name"], f"{where}: owner.name"))
    epochs = data.get("takes_epochs", True)
    since = release(data["since"], where) if "since" in data else None
    return Owner(names, data["made"], owns, switches["off"], switches["on"], brings, epochs, since)


def release(text: str, where: str) -> tuple[str, tuple[int, ...]]:
    """Return a library and its version: ``sentence-transformers 3.0``."""
    library, _, version = text.partition(" ")
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        raise KnowledgeError(f"{where}: owner.since is a library and its version")
    return library, tuple(int(part) for part in version.split("."))


def feed(data: dict[str, Any], where: str) -> Feed:
    """Return what a call does with the data that it is handed."""
    name, by, module = (data.pop(key, "") for key in ("name", "by", "module"))
    if not name or not data.keys() <= PURPOSES:
        raise KnowledgeError(f"{where}: a feed has name, by, module, {', '.join(sorted(PURPOSES))}")
    arguments = {
        keyword: (position if position >= 0 else None, purpose)
        for purpose, keywords in data.items()
        for keyword, position in keywords.items()
    }
    return Feed((name,), arguments, by, module)


def texts(value: object, where: str) -> list[str]:
    """Return a list of texts, if it is one."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise KnowledgeError(f"{where}: a list of texts is expected")
    return value
