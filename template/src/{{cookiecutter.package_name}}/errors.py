"""The error that a user can mend."""


class UserError(Exception):
    """Something outside the code is wrong; the message says what, where and what to do.

    The command line prints it as one line without a traceback and exits with status 2.
    """
