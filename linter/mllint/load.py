"""The facts of many files: from the cache, and for what is new from a pool of processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from .cache import Cache
from .document import Document, UnreadableDocumentError, read_content, read_document
from .facts.module import UNREADABLE, EncodedFacts, Failure, Outline, encode
from .facts.statements import Body
from .pool import Task, count_cores, make_all
from .watching import Watch, unwatched


@dataclass
class Source:
    """One file and its facts.

    Attributes:
        path: As it was found.
        facts: As bytes; the body is read from them when it is first asked for.
        key: Hash of the content that the facts are of.
        given: The content, where it is not the one on disk.
    """

    path: Path
    facts: EncodedFacts = field(repr=False)
    key: str
    given: bytes | None = field(default=None, repr=False)

    @cached_property
    def outline(self) -> Outline:
        """What must be known of every module."""
        return self.facts.read_outline()

    @property
    def is_readable(self) -> bool:
        """Whether facts from the disk are what they should be: anyone may have written them."""
        try:
            return bool(self.outline)
        except UNREADABLE:
            return False

    @cached_property
    def body(self) -> Body:
        """The statements."""
        return self.facts.read_body()

    def document(self) -> Document | None:
        """Read the text again, for a finding's place; None if it has changed since."""
        try:
            content = read_content(self.path) if self.given is None else self.given
            if Cache.key(content, self.path.suffix) == self.key:
                return read_document(self.path, content)
        except UnreadableDocumentError:
            pass
        return None


def load_sources(
    paths: Iterable[Path],
    cache: Cache,
    jobs: int | None = None,
    given: Mapping[Path, bytes] = MappingProxyType({}),
    watch: Watch = unwatched,
) -> list[Source]:
    """Return files with their facts, in the order of the paths.

    Args:
        paths: Python files and notebooks.
        cache: Where facts are looked for and kept.
        jobs: Most processes to use; by default as many as there are cores.
        given: Contents that count instead of those on disk.
        watch: Is told of each file that is parsed.
    """
    cache.open()
    sources: dict[Path, Source | None] = {}
    keys: dict[Path, str] = {}
    changed: list[tuple[Path, bytes]] = []
    for path in paths:
        sources[path] = None
        try:
            content = given[path] if path in given else read_content(path)
        except UnreadableDocumentError as error:
            failure = Outline(failure=Failure(str(error), error.line, 1))
            sources[path] = Source(path, encode(failure, ()), "")
            continue
        keys[path] = Cache.key(content, path.suffix)
        facts = cache.load(keys[path])
        source = Source(path, facts, keys[path], given.get(path)) if facts else None
        if source is None or not source.is_readable:
            changed.append((path, content))
        else:
            sources[path] = source

    def done(path: Path, facts: EncodedFacts) -> None:
        cache.store(keys[path], facts)
        sources[path] = Source(path, facts, keys[path], given.get(path))
        parsed.append(path)
        watch("Reading", len(parsed), len(changed))

    parsed: list[Path] = []
    if changed:
        last = cache.last_keys(keys)
        before = {path: cache.load(last.get(str(path), "")) for path, _ in changed}
        todo = [Task(path, content, before[path]) for path, content in changed]
        watch("Reading", 0, len(todo))
        make_all(todo, jobs or count_cores(), done)
        cache.store_last_keys(keys)
        cache.prune(len(sources))
    return [source for source in sources.values() if source is not None]
