"""Reading what `warmtune recommend` is given, and writing what it prints."""

import json
from dataclasses import fields
from pathlib import Path

from warmtune.tables.description import describe_task, pack_table
from warmtune.vocabulary.dataset import TableHints, TableUpload, TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.results import RecommendationAnswer
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.wire.recommendations import RecommendationResponse


def read_task(data: Path, target: str, hints: TableHints, *, upload: bool) -> TaskDescription | TableUpload:
    """The dataset as it goes to the service: described here, or as the table."""
    said = {field.name: getattr(hints, field.name) for field in fields(hints)}
    return pack_table(data, target, **said) if upload else describe_task(data, target, **said)


def read_search_space(given: str) -> str | SearchSpace:
    """A registered name, or what a ``.json`` file holds.

    Raises:
        InvalidInputError: If the file can't be read or is no search space.
    """
    if not given.endswith(".json"):
        return given
    try:
        body = json.loads(Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"can't read {given}: {error}", field="search_space", value=given) from error
    return search_space_from_json(body)


def answer_body(answer: RecommendationAnswer) -> dict[str, object]:
    """The answer just as the API writes it."""
    return RecommendationResponse.from_domain(answer).model_dump(mode="json")
