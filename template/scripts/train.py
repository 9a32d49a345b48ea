"""Train a model from a checkout that need not be installed.

`python scripts/train.py key=value …` does what this does where the project is installed:

    python -m {{ cookiecutter.package_name }} train key=value …
"""

import sys
from pathlib import Path


def main() -> int:
    """Put src/ beside this folder first on the import path and hand over to the command line."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
    from {{ cookiecutter.package_name }}.cli import main as command_line

    return command_line(["train", *sys.argv[1:]])


# Data-loader workers that are spawned import this file again, and must not start a second run.
if __name__ == "__main__":
    raise SystemExit(main())
