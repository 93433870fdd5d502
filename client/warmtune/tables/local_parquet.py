"""The extra ``warmtune[local]``: Parquet files written on the user's own machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from warmtune.vocabulary.errors import MissingExtraError


def write_parquet(path: Path, columns: Mapping[str, Sequence[object]]) -> None:
    """Write columns; one that mixes words with numbers or truth values is written as words.

    Raises:
        MissingExtraError: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra, and heavy
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError(f'writing Parquet needs {error.name}: pip install "warmtune[local]"') from error
    arrays = {}
    for name, values in columns.items():
        kinds = {type(value) for value in values if value is not None}
        if kinds <= {int, float} or len(kinds) <= 1:
            arrays[name] = pa.array(values)
        else:
            arrays[name] = pa.array([None if value is None else str(value) for value in values])
    parquet.write_table(pa.table(arrays), path, compression="zstd")
