"""Secrets taken out of a configuration before anything outside the machine sees it."""

import re
from collections.abc import Mapping
from typing import Any

REDACTED = "<redacted>"

_SECRET_KEY = re.compile(
    r"(^|[_.-])(password|passwd|passphrase|pwd|secrets?|credentials?|authorization"
    r"|api_?key|access_?key|private_?key|secret_?key|account_?key|auth_?key)([_.-]|$)",
    re.IGNORECASE,
)
_TOKEN_KEY = re.compile(r"(^|[_.-])token([_.-](id|value))?$", re.IGNORECASE)
# Tokens of a vocabulary (`pad_token`, `eos_token_id`), not of an account.
_VOCABULARY_KEY = re.compile(
    r"(^|[_.-])(pad|eos|bos|unk|mask|cls|sep|start|end|special|image|new|per)_token", re.IGNORECASE
)
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # apiKey -> api_Key
_USER_INFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")  # https://user:password@host
_TOKEN_SHAPE = re.compile(
    r"\b(hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
    r"|sk-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|wandb_v1_\w{20,})"
)


def redact(value: Any) -> Any:
    """Copies a configuration with its secrets replaced by ``<redacted>``.

    A secret is whatever stands under a key that is named like one (``api_key``, ``password``,
    ``hf_token`` …), the user part of an address, and text with the shape of a known access token.

    Args:
        value: Nested mappings, sequences and scalars.

    Returns:
        The same structure made of dicts, lists and scalars; the argument is not changed.
    """
    if isinstance(value, Mapping):
        return {str(k): REDACTED if _is_secret(str(k), v) else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, str):
        return _TOKEN_SHAPE.sub(REDACTED, _USER_INFO.sub(REDACTED, value))
    return value


def _is_secret(key: str, value: Any) -> bool:
    if value is None or isinstance(value, bool) or value == "":
        return False
    key = _CAMEL_CASE.sub("_", key)
    if _SECRET_KEY.search(key):
        return True
    if isinstance(value, int | float) or _VOCABULARY_KEY.search(key):
        return False  # `token: 128` counts something
    return bool(_TOKEN_KEY.search(key))
