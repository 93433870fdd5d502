"""Kernels compiled before the first request asks: `python -m metafeatures.compilation` in the build of an image."""

from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import pyarrow as pa

from metafeatures.describe import describe
from metafeatures.reading import read_file


def compile_kernels() -> None:
    """Read and describe tiny tables, so that every kernel is compiled, and cached on disk where that is possible."""
    n = 60
    rng = np.random.default_rng(0)
    columns = {
        "number": pa.array([None if i % 7 == 0 else float(x) for i, x in enumerate(rng.normal(size=n))]),
        "label": ["u", "v", "w"] * (n // 3),
        "twin": [1.0, 2.0] * (n // 2),
    }
    rare = {"same": [3.0] * n, "huge": rng.normal(size=n) * 1e200, "y": columns["label"]}
    describe(pa.table(columns | rare), "y")
    for y in (["a", "b"] * (n // 2), rng.normal(size=n)):
        table = pa.table(columns | {"y": y})
        describe(pa.concat_tables([table, table]), "y")  # rows that occur twice have a kernel of their own
    for text in (b'a,b\n"1",2\n3\n', b"a b\n1  2\n3 4\n"):  # quotes, a short row, runs of blanks
        with NamedTemporaryFile() as file:
            file.write(text)
            file.flush()
            read_file(Path(file.name))


if __name__ == "__main__":
    compile_kernels()
