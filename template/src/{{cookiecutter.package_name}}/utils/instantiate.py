"""Hydra's instantiate with its errors turned into one line."""

from typing import Any

from ..errors import UserError


def instantiate(node: Any, where: str, **kwargs: Any) -> Any:
    """Call the `_target_` of a config node.

    Args:
        node: a mapping with `_target_` and arguments; nested nodes are called first.
        where: the config key, for error messages.
        **kwargs: further arguments, which win over the node's.

    Returns:
        What the target returns. It gets plain lists and dicts.

    Raises:
        UserError: the target is missing, unknown, or refuses an argument. A UserError that the
            target raises itself comes out as it is; any other exception too.
    """
    # Loading Hydra takes a fifth of a second that `--help` need not wait for.
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate as call_target

    if not node or "_target_" not in node:
        raise UserError(f"{where} needs a _target_: the dotted name of a function or a class")
    try:
        return call_target(node, _convert_="all", **kwargs)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, TypeError) and _raised_by_call_itself(cause):
            raise UserError(f"{where} ({node['_target_']}): {cause}") from error
        if cause is None or isinstance(cause, ImportError | AttributeError):
            reason = str(cause or error).replace("\n", " ")
            raise UserError(f"{where}: {reason}; check its _target_") from error
        raise cause from None


def _raised_by_call_itself(error: TypeError) -> bool:
    """Tell a wrong argument from a TypeError somewhere inside the target."""
    text = str(error)
    return "argument" in text and "()" in text
