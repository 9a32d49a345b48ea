"""What the user says of a run: on the command line, in ``mllint.toml`` or ``pyproject.toml``.

The keys of ``mllint.toml``, and of ``[tool.mllint]`` in ``pyproject.toml``, are those of
`keys.KEYS`; the file that is nearest above what is linted counts, ``mllint.toml`` before
``pyproject.toml`` in the same folder. Options of the command line come before both.
"""
