"""What an import's job is given: typed from its submission to its end, JSON in between."""

from pydantic import BaseModel, ConfigDict


class ImportJob(BaseModel):
    """An import; its file and request are in the job's directory.

    Attributes:
        file_name: As its sender calls the file.
        n_bytes: Of the file.
        source: Kind of source that the sender named, or None.
        dry_run: Whether nothing is to be stored.
        register_as: A name for the search space of most trials, or None.
        sent_by: Who imports, or None.
    """

    model_config = ConfigDict(frozen=True)

    file_name: str
    n_bytes: int
    source: str | None
    dry_run: bool
    register_as: str | None
    sent_by: str | None
