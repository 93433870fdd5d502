"""What can be imported, by name."""

from enum import StrEnum


class Source(StrEnum):
    """A kind of source; the values are what requests and commands call it."""

    OPTUNA_SQLITE = "optuna-sqlite"
    OPTUNA_JOURNAL = "optuna-journal"
