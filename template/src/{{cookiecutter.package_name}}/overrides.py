"""Explaining what is wrong with an override, with the nearest name that would be right."""

import re

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.initialize import initialize_config_dir
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from .config import CONFIG_DIR, flatten, nearest_key

_OVERRIDE = re.compile(r"override '?([\w.@/-]+)'?")


def explain(error: Exception, overrides: list[str]) -> str:
    """Say in one sentence what Hydra refused, and what was probably meant.

    Args:
        error: What Hydra or OmegaConf raised.
        overrides: The command line.
    """
    if isinstance(error, OverrideParseException):
        return f"{error.override}: not a key=value that can be read ({_first_line(error)})"
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _missing_choice(error)
    cause = error.__cause__
    if isinstance(cause, OmegaConfBaseException) and "could not be converted" in str(cause):
        return f"{getattr(cause, 'full_key', None) or 'config'}: {_first_line(cause)}"
    match = _OVERRIDE.search(str(error))
    if match is None:
        return _first_line(error)
    key = match.group(1)
    known = _known_keys()
    close = nearest_key(key, known)
    hint = f"did you mean {close}?" if close else f"there are {', '.join(_beside(key, known))}"
    return f"no key {key!r} in the config; {hint}"


def _missing_choice(error: MissingConfigException) -> str:
    group, _, wanted = str(error.missing_cfg_file).rpartition("/")
    options = [str(option) for option in error.options or []]
    close = nearest_key(wanted, options)
    hint = f"did you mean {close}?" if close else ""
    return f"{group}={wanted}: no such choice among {', '.join(options)}; {hint}".rstrip("; ")


def _known_keys() -> list[str]:
    """Return every dotted key and every config group of the default composition."""
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONFIG_DIR), version_base="1.3"):
            tree = OmegaConf.to_container(compose("config"), resolve=False)
    except (HydraException, OmegaConfBaseException):
        return []
    assert isinstance(tree, dict)
    groups = [path.name for path in sorted(CONFIG_DIR.iterdir()) if path.is_dir()]
    return [key for key, _ in flatten({str(k): v for k, v in tree.items()})] + groups


def _beside(key: str, known: list[str]) -> list[str]:
    """Return the keys at the place where `key` was looked for."""
    place = key.rpartition(".")[0]
    prefix = f"{place}." if place and any(k.startswith(f"{place}.") for k in known) else ""
    return sorted(
        {prefix + k[len(prefix) :].partition(".")[0] for k in known if k.startswith(prefix)}
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
