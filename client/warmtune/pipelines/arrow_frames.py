"""Arrow tables as pandas frames, whatever numbers their dictionaries are indexed by."""

import pandas as pd
import pyarrow as pa


def frame_of(table: pa.Table, *, ignore_metadata: bool = False) -> pd.DataFrame:
    """The table as a frame; dictionaries, such as the categories of polars, become categories.

    Args:
        table: Any.
        ignore_metadata: Whether an index that pandas has noted in the table stays a column.
    """
    fields = [field.with_type(_with_signed_indices(field.type)) for field in table.schema]
    frame: pd.DataFrame = table.cast(pa.schema(fields, table.schema.metadata)).to_pandas(
        ignore_metadata=ignore_metadata
    )
    return frame


def _with_signed_indices(kind: pa.DataType) -> pa.DataType:
    """Arrow before 20 makes no categories of a dictionary with unsigned indices."""
    if pa.types.is_dictionary(kind) and pa.types.is_unsigned_integer(kind.index_type):
        return pa.dictionary(pa.int64(), kind.value_type, kind.ordered)
    return kind
