"""Ask several things at once, and go on without those that do not answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from .text import one_line


def ask_together(
    questions: Mapping[str, Callable[[], Any]], deadline_s: float
) -> tuple[dict[str, Any], list[str]]:
    """Call every function in a thread of its own.

    Daemon threads rather than an executor: one that waits for a dead network file system in the
    kernel must not keep the interpreter from ending.

    Args:
        questions: A function by the name of what it finds.
        deadline_s: Seconds until those without an answer are given up.

    Returns:
        The answers by name (None where there is none), and a sentence for each failure.
    """
    answers: dict[str, Any] = {}
    failures: dict[str, str] = {}

    def ask(name: str, question: Callable[[], Any]) -> None:
        try:
            answers[name] = question()
        except Exception as error:  # one broken probe must not take the others' findings with it
            failures[name] = one_line(f"{name}: {type(error).__name__}: {error}")

    threads = {
        name: threading.Thread(target=ask, args=(name, question), daemon=True)
        for name, question in questions.items()
    }
    deadline = time.monotonic() + deadline_s
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, deadline - time.monotonic()))
    for name, thread in threads.items():
        if thread.is_alive():
            failures[name] = f"{name}: no answer within {deadline_s:g} s"
    found = {name: None if name in failures else answers.get(name) for name in questions}
    return found, [failures[name] for name in questions if name in failures]
