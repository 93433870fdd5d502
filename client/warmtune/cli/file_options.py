"""Options of an import that hold for all of its files, or for those whose names fit a pattern."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class SaidOfFiles:
    """What was said.

    Attributes:
        of_all: By option.
        per_file: By pattern of a file's path or name, then by option.
    """

    of_all: Mapping[str, Any]
    per_file: Mapping[str, Mapping[str, Any]]


def said_of_files(given: Mapping[str, Sequence[str]], manifest: Path | None) -> SaidOfFiles:
    """Options as they were typed, ``VALUE`` or ``PATTERN=VALUE``, over those of a manifest.

    Args:
        given: By option (metric, direction, kind, objective): what was typed, each any number of times.
        manifest: A JSON file ``{"PATTERN": {"direction": "minimize"}}``, or None.

    Raises:
        InvalidInputError: On a value that the option can't have, one that is given twice for all, or a manifest that
            isn't such an object.
    """
    per_file = {} if manifest is None else _read(manifest)
    of_all: dict[str, Any] = {}
    for option, texts in given.items():
        for text in texts:
            pattern, _, value = text.rpartition("=")
            if pattern:
                per_file.setdefault(pattern, {})[option] = _value(option, value)
            elif option in of_all:
                raise InvalidInputError(
                    f"--{option} is given twice for all files", field=option, value=text, limit="PATTERN=VALUE"
                )
            else:
                of_all[option] = _value(option, value)
    return SaidOfFiles(of_all, per_file)


def _value(option: str, text: str) -> object:
    kinds: dict[str, type[Direction] | type[TaskKind]] = {"direction": Direction, "kind": TaskKind}
    if option in kinds:
        words = [one.value for one in kinds[option]]
        if text not in words:
            raise InvalidInputError(
                f"{text!r} is no {option}", field=option, value=text, limit=f"{', '.join(words)}, or PATTERN=VALUE"
            )
        return kinds[option](text)
    if option == "objective":
        if not (text.isascii() and text.isdigit()):
            raise InvalidInputError(
                f"{text!r} is not the number of an objective", field=option, value=text, limit="from 0"
            )
        return int(text)
    return text


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path} can't be read: {error}", field="per_file", value=str(path)) from error
    if not isinstance(body, dict) or not all(isinstance(said, dict) for said in body.values()):
        raise InvalidInputError(
            f"{path} holds no options by pattern",
            field="per_file",
            value=str(path),
            limit='{"lgb*.csv": {"direction": "minimize"}}',
        )
    return body
