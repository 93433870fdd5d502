"""What was understood of a table, on the wire."""

from pydantic import Field

from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.understanding import ColumnUse, Reading, Understanding
from warmtune.wire import examples
from warmtune.wire.base import ResponseBody, with_example


class NoticeBody(ResponseBody):
    """An unusual finding in a table, and how it was treated."""

    code: str = Field(description="Stable name of the finding; docs/tables.md lists them")
    text: str = Field(description="The finding in a sentence")
    row: int | None = Field(default=None, description="First row concerned, from 1; a header doesn't count")
    column: str | None = Field(default=None, description="Column concerned")
    count: int | None = Field(default=None, description="Number of cells, rows or columns concerned")


class ColumnUseBody(ResponseBody):
    """What a column is used as."""

    name: str
    role: str = Field(description="numeric, nominal, date, text, empty, left_out or target")
    reason: str = Field(description="Reason for the role")


class ReadingBody(ResponseBody):
    """How a file was read."""

    format: str = Field(
        description="csv, parquet, arrow_file, arrow_stream, xlsx, xlsb, xls, ods, json_lines, json or arff"
    )
    n_rows: int = Field(description="Rows that were read")
    compression: str | None = Field(default=None, description="gzip, zstd, bz2, xz or zip")
    encoding: str | None = Field(default=None, description="Encoding of text")
    delimiter: str | None = Field(default=None, description="Delimiter: a character, or `spaces` for runs of blanks")
    decimal_mark: str | None = Field(default=None, description="Decimal mark: a point or a comma")
    quote: str | None = Field(default=None, description="Quote around cells")
    sheet: str | None = Field(default=None, description="Sheet of a workbook")
    n_skipped_rows: int = Field(default=0, description="Lines that hold no data: blank ones, comments")


class UnderstandingBody(ResponseBody):
    """How a table was interpreted."""

    model_config = with_example(examples.UNDERSTANDING)

    kind: TaskKind = Field(description="Kind of task")
    kind_reason: str = Field(description="Reason for this kind")
    columns: list[ColumnUseBody] = Field(description="Every column, with the reason for its use")
    n_rows: int = Field(description="Rows that were described")
    n_dropped_rows: int = Field(default=0, description="Rows left out: without a target, or above the data")
    reading: ReadingBody | None = Field(default=None, description="How the file was read")
    notices: list[NoticeBody] = Field(default=[], description="Findings")

    @classmethod
    def from_domain(cls, value: Understanding) -> "UnderstandingBody":
        """The body of what was understood."""
        return cls(
            kind=value.kind,
            kind_reason=value.kind_reason,
            columns=[ColumnUseBody(name=c.name, role=c.role, reason=c.reason) for c in value.columns],
            n_rows=value.n_rows,
            n_dropped_rows=value.n_dropped_rows,
            reading=None if value.reading is None else _reading_body(value.reading),
            notices=[
                NoticeBody(code=n.code, text=n.text, row=n.row, column=n.column, count=n.count) for n in value.notices
            ],
        )

    def to_domain(self) -> Understanding:
        """The domain value."""
        return Understanding(
            kind=self.kind,
            kind_reason=self.kind_reason,
            columns=tuple(ColumnUse(c.name, c.role, c.reason) for c in self.columns),
            n_rows=self.n_rows,
            n_dropped_rows=self.n_dropped_rows,
            reading=None if self.reading is None else Reading(**self.reading.model_dump()),
            notices=tuple(Notice(n.code, n.text, n.row, n.column, n.count) for n in self.notices),
        )


def _reading_body(value: Reading) -> ReadingBody:
    return ReadingBody(
        format=value.format,
        n_rows=value.n_rows,
        compression=value.compression,
        encoding=value.encoding,
        delimiter=value.delimiter,
        decimal_mark=value.decimal_mark,
        quote=value.quote,
        sheet=value.sheet,
        n_skipped_rows=value.n_skipped_rows,
    )
