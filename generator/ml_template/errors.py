"""What the user can mend."""


class UserError(Exception):
    """One sentence: what was wrong, where, what to do. The command prints it and exits with 2."""
