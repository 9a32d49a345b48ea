"""Remove the folders whose only file an answer left out, such as .github/ without a CI.

Cookiecutter drops a file whose name renders empty, but has made its folder by then.
"""

from pathlib import Path


def remove_empty_folders(root: Path) -> None:
    """Remove folders below ``root`` that hold nothing, the innermost first."""
    folders = [path for path in root.rglob("*") if path.is_dir() and not path.is_symlink()]
    for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    remove_empty_folders(Path.cwd())
