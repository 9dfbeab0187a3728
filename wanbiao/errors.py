"""What a user can put right, said in one line, with the exit code of sysexits.h that scripts can tell apart."""

from __future__ import annotations


class UserError(Exception):
    """One line for the person at the keyboard; `wanbiao.cli` prints it and ends the program with ``exit_code``."""

    exit_code = 1


class ConfigError(UserError):
    """A setting, a file of settings or the catalogue cannot be used (EX_CONFIG). Raised before anything is started."""

    exit_code = 78


class DataError(UserError):
    """Data given on the command line cannot be read (EX_DATAERR)."""

    exit_code = 65


class RefusedError(UserError):
    """The plant's watch was asked to do something that cannot be done now."""
