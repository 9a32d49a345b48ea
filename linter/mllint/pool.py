"""Parsing many files, in a pool of processes where that is worth it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .document import read_document
from .facts.module import EncodedFacts, Failure, Outline, encode

# Below this, starting processes costs more than it saves.
SMALL_BYTES = 150_000
EDITED = 10  # times as fast, or more, is a file whose facts before an edit are known
# A process takes files in batches of about this size: few round trips, and an even end.
BATCH_BYTES = 60_000
HELD = {signal.SIGINT, signal.SIGTERM}
if sys.platform != "win32":
    HELD |= {signal.SIGHUP}
CRASH = Failure("the parser crashed on it", 1, 1)


class Task(NamedTuple):
    """A file to be parsed.

    Attributes:
        path: The file.
        content: What it holds.
        known: The facts of what it held before it was edited, if they are known.
    """

    path: Path
    content: bytes
    known: EncodedFacts | None = None


def make_facts(path: Path, content: bytes, known: EncodedFacts | None = None) -> EncodedFacts:
    """Parse one file; of one whose facts are known as it was before, what has changed."""
    from .facts.reading import facts_of  # libcst takes longer to import than all else here

    try:
        return encode(*facts_of(lambda: read_document(path, content), known))
    except RecursionError:
        return encode(Outline(failure=Failure("the code is nested too deeply", 1, 1)), ())


def make_batch(batch: list[Task]) -> list[EncodedFacts]:
    """Parse some files, in a process of the pool."""
    return [make_facts(*task) for task in batch]


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def batches(todo: list[Task]) -> Iterable[list[Task]]:
    """Split files into batches, the largest first, so that no process is left alone with one."""
    batch: list[Task] = []
    size = 0
    for each in sorted(todo, key=lambda task: -len(task.content)):
        batch.append(each)
        size += len(each.content)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def make_all(todo: list[Task], jobs: int, done: Callable[[Path, EncodedFacts], None]) -> None:
    """Parse files, in several processes where that is worth it.

    Args:
        todo: The files.
        jobs: Most processes to use.
        done: Is handed each result, in no particular order.
    """
    effort = sum(len(each.content) // (EDITED if each.known else 1) for each in todo)
    if jobs < 2 or effort < SMALL_BYTES:
        for task in todo:
            done(task.path, make_facts(*task))
        return
    make_in_processes(todo, jobs, done)


def leave_interrupts() -> None:
    """Leave it to the parent to end this process: Ctrl-C reaches all of a terminal's processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a fork has its parent's handlers
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)  # and what its parent held back


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let signals wait while a process is forked.

    The new process would meet them before it leaves them alone; and in the old one, Python forgets
    what is raised within the functions that it calls after a fork.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_children() -> None:
    """End the processes of the pool at once, whatever they are at."""
    import multiprocessing

    for child in multiprocessing.active_children():
        child.kill()


def make_in_processes(
    todo: list[Task], jobs: int, done: Callable[[Path, EncodedFacts], None]
) -> None:
    """Parse files in several processes, whatever any of them does to its process."""
    import multiprocessing
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing.context import BaseContext

    if "fork" in multiprocessing.get_all_start_methods():
        from .facts import reading  # noqa: F401 (once, before the processes are forked)

        context: BaseContext = multiprocessing.get_context("fork")
    else:
        context = multiprocessing.get_context()
    waiting = list(batches(todo))[::-1]
    with ProcessPoolExecutor(jobs, context, leave_interrupts) as pool:
        running: dict[Future[list[EncodedFacts]], list[Task]] = {}
        lost: list[Task] = []
        try:
            while waiting or running:
                while waiting and len(running) <= jobs:
                    batch = waiting.pop()
                    with interrupts_held():
                        running[pool.submit(make_batch, batch)] = batch
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    batch = running.pop(future)
                    for task, facts in zip(batch, future.result(), strict=True):
                        done(task.path, facts)
        except BrokenProcessPool:
            lost = [each for batch in [batch, *running.values(), *waiting] for each in batch]
        except BaseException:
            end_children()  # else the pool would wait for what they are at
            raise
    for each in lost:  # one of them ends the process that parses it: which?
        with ProcessPoolExecutor(1, context, leave_interrupts) as pool:
            try:
                done(each[0], pool.submit(make_batch, [each]).result()[0])
            except BrokenProcessPool:
                done(each[0], encode(Outline(failure=CRASH), ()))
            except BaseException:
                end_children()
                raise
