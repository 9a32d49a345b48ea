"""The code of this project; `python -m` it to see its commands."""
