"""Programs that misbehave, and questions that are never answered."""

from __future__ import annotations

import subprocess
import sys
import time

from ml_template.detect.concurrency import ask_together
from ml_template.detect.process import MAX_OUTPUT_BYTES, runner


def test_output_of_a_program(fake):
    fake.program("tool", 'echo "$1"; echo complaint >&2; exit 3')
    output = runner(fake.env)(["tool", "an argument"])
    assert (output.found, output.code, output.timed_out) == (True, 3, False)
    assert (output.stdout, output.stderr) == ("an argument\n", "complaint\n")


def test_missing_program(fake):
    assert runner(fake.env)(["no-such-tool"]).found is False


def test_a_nul_in_an_argument(fake):
    fake.program("tool", "exit 0")
    output = runner(fake.env)(["tool", "a\0b"])
    assert output.found
    assert output.code is None


def test_the_program_sees_the_given_environment_and_no_input(fake):
    fake.program("tool", 'read line; echo "$GIVEN:$line:$UNGIVEN"')
    fake.env["GIVEN"] = "yes"
    assert runner(fake.env)(["tool"]).stdout == "yes::\n"


def test_a_child_left_behind_with_the_pipe_does_not_hold_us(fake):
    fake.program("tool", "echo answer; /bin/sleep 321 &")
    start = time.monotonic()
    output = runner(fake.env)(["tool"])
    assert time.monotonic() - start < 60
    assert output.stdout == "answer\n"


def test_a_child_that_leaves_the_group_does_not_hold_us(fake):
    script = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(20)"
    fake.program("tool", f"exec {sys.executable} -c '{script}'")
    start = time.monotonic()
    assert runner(fake.env)(["tool"]).timed_out
    assert time.monotonic() - start < 15


def test_a_flood_is_bounded(fake):
    fake.program("tool", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done")
    output = runner(fake.env)(["tool"])
    assert len(output.stdout) <= MAX_OUTPUT_BYTES


def test_questions_without_an_answer():
    answers, failures = ask_together(
        {"good": lambda: 1, "broken": lambda: 1 / 0, "slow": lambda: time.sleep(20)}, deadline_s=2
    )
    assert answers == {"good": 1, "broken": None, "slow": None}
    assert failures == [
        "broken: ZeroDivisionError: division by zero",
        "slow: no answer within 2 s",
    ]


def test_an_unanswered_question_does_not_keep_the_interpreter_alive():
    program = (
        "import time; from ml_template.detect.concurrency import ask_together; "
        "ask_together({'slow': lambda: time.sleep(321)}, 0.1)"
    )
    start = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, check=True
    )
    assert time.monotonic() - start < 60
