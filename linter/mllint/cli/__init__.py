"""The command ``mllint``: a file for each of its subcommands.

What only some runs need (libcst, rich) is imported where it is needed: each run pays for what it
does.
"""


def main() -> int:
    """Run the command; the exit status."""
    try:
        from .running import run  # Ctrl-C may come while Python still imports

        return run()
    except KeyboardInterrupt:
        return 130


def script() -> int:
    """Be the process's command: run, and end it."""
    status = main()
    from .ending import end_at_once

    return end_at_once(status)
