"""JSON files, whole."""

import json
from pathlib import Path

from warmtune.vocabulary.errors import InvalidInputError


def read_json(path: Path) -> object:
    """A file's JSON; NaN and Infinity, which Python writes, are taken as numbers that aren't finite.

    Raises:
        InvalidInputError: If it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"the file is not JSON: {error}", field="file") from error
