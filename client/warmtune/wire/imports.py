"""Imports on the wire."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.wire import job_examples
from warmtune.wire.base import Flag, Name, Number, RequestBody, ResponseBody, Sha256, with_example
from warmtune.wire.pages import PageBody
from warmtune.wire.spaces import SearchSpaceBody

SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
MAX_IMPORT_TASKS = 20_000


class ImportedTaskBody(RequestBody):
    """The dataset of imported studies: a stored task, its meta-features, or its kind only."""

    model_config = with_example(job_examples.IMPORTED_TASK)

    task_id: str | None = Field(default=None, description="Identifier of a stored task; then nothing else is needed")
    kind: TaskKind | None = None
    meta_features: dict[str, Number] | None = None
    gaps: dict[str, str] = {}
    version: Name = Field(default="unknown", description="Version that computed the meta-features")
    content_hash: Sha256 | None = None

    def to_meta_features(self) -> MetaFeatures | None:
        """The validated meta-features, or None."""
        if self.meta_features is None:
            return None
        return MetaFeatures(values=self.meta_features, gaps=self.gaps, version=self.version)


class FileOptionsBody(RequestBody):
    """Options of some files of a folder, in place of those of all files; they must not contradict a file."""

    model_config = with_example(job_examples.FILE_OPTIONS)

    files: Name = Field(description="Pattern of their paths or names: `lgb*.csv`, `runs/*`")
    metric: Name | None = None
    direction: Direction | None = None
    kind: TaskKind | None = None
    objective: Annotated[int, Field(ge=0, strict=True)] | None = None


class ImportRequest(RequestBody):
    """Options of an import, sent as the form field ``request``; all are optional."""

    model_config = with_example(job_examples.IMPORT_REQUEST)

    source: SourceName | None = Field(default=None, description="Kind of source; by default detected from the content")
    dry_run: Flag = Field(
        default=False, description="Only report what would be imported, adjusted and refused, and why"
    )
    metric: Name | None = Field(default=None, description="Metric of the trials' values, if the source doesn't name it")
    direction: Direction | None = Field(
        default=None, description="Direction, if neither source nor metric determines it"
    )
    kind: TaskKind | None = Field(default=None, description="Kind of the tasks whose kind can't be inferred")
    objective: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        default=None, description="Number of the objective to import, from 0, if there are several"
    )
    task_by: Name | None = Field(default=None, description="Attribute or column that names a study's dataset")
    study_by: Name | None = Field(default=None, description="Attribute or column that distinguishes studies")
    studies: Annotated[list[str], Field(min_length=1, max_length=20_000)] | None = Field(
        default=None, description="Only studies of these names"
    )
    search_space: Name | SearchSpaceBody | None = Field(
        default=None, description="Search space, for sources that hold values only"
    )
    register_as: Name | None = Field(default=None, description="Name for the search space of most imported trials")
    columns: dict[str, str] = Field(
        default={}, description="Roles of a table's columns; they override the inferred ones"
    )
    tasks: Annotated[dict[Name, ImportedTaskBody], Field(max_length=MAX_IMPORT_TASKS)] = Field(
        default={}, description="Descriptions of datasets, by their names in the source"
    )
    per_file: Annotated[list[FileOptionsBody], Field(max_length=1_000)] = Field(
        default=[],
        description="Options of single files of a folder; of several patterns that fit a file, the last one counts",
    )
    sent_by: Name | None = Field(default=None, description="Who imports; stored with the import")


class ImportBody(ResponseBody):
    """An import, as it is stored with what it has written."""

    model_config = with_example(job_examples.IMPORT)

    import_id: str
    source: str
    written_by: str = Field(description="Program that wrote the source")
    file_name: str
    file_hash: str = Field(description="SHA-256 of the sent file")
    sent_by: str | None = None
    created_at: datetime
    n_studies: int = Field(description="Studies that the import has written or extended")

    def to_domain(self) -> ImportRecord:
        """The import."""
        return ImportRecord(**{field.name: getattr(self, field.name) for field in fields(ImportRecord)})

    @classmethod
    def from_domain(cls, record: ImportRecord) -> "ImportBody":
        """The body of an import."""
        return cls.model_validate({field.name: getattr(record, field.name) for field in fields(record)})


class ImportPage(PageBody[ImportBody, ImportRecord]):
    """A page of imports, newest first."""

    model_config = with_example(job_examples.IMPORT_PAGE)
