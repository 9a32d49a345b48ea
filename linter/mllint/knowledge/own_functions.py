"""What the user says of functions of his own: that they seed, save, log or split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from . import Knowledge

MEANING_OF = {"saves": "save", "logs": "log", "splits": "split"}
Functions = Mapping[str, Sequence[str]]  # dotted names, by `seeds`, `saves`, `logs` and `splits`


def forms(name: str) -> Iterator[str]:
    """Yield a dotted name as values say it: ``lab.Store.save`` of an instance, ``lab.Store()``."""
    yield name
    of_instance = re.sub(r"(\.[A-Z]\w*)(?=\.)", r"\1()", name)
    if of_instance != name:
        yield of_instance


def extended(knowledge: Knowledge, functions: Functions) -> Knowledge:
    """Return what is known of libraries together with what the user adds."""
    if not any(functions.values()):
        return knowledge
    generators = frozenset[str]().union(*knowledge.seeds.values())
    seeds = {form: generators for name in functions.get("seeds", ()) for form in forms(name)}
    names = {meaning: list(known) for meaning, known in knowledge.names.items()}
    for key, meaning in MEANING_OF.items():
        added = [form for name in functions.get(key, ()) for form in forms(name)]
        names[meaning] = names.get(meaning, []) + added
    return replace(knowledge, seeds=knowledge.seeds | seeds, names=names)
