"""What becomes of a study whose runs are stored as another one: it adds to that, or is refused, saying what to do."""

import json
from collections.abc import Sequence

from knowledge.importers.run_content import SameBy, content_of, run_of_row, runs_of_rows, shared_names
from knowledge.importers.values import ConvertedStudy, Row
from metamodel.space.configuration_writer import ConfigurationWriter
from service.imports.added_trials import added_trials
from service.imports.stored_copies import StoredCopy, objectives_of
from store.connections.database import Connection
from store.imports import ImportRepository
from store.registered_space import space_id_of
from store.studies import StoredStudy, StudyRepository
from warmtune.vocabulary.errors import ConflictError
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState


def refuse_filed_otherwise(connection: Connection, study: ConvertedStudy, copy: StoredCopy) -> None:
    """Refuse a study whose runs are stored under another metric, direction or choice of objectives.

    Raises:
        ConflictError: If they are; it says under which, and how to file them differently.
    """
    if copy.is_filed_as(study):
        return
    study_id = copy.study.study_id
    raise ConflictError(
        f"its runs are stored already, as {where_stored(connection, copy.study)}; runs are stored once. To store them "
        f"under {_in_words(objectives_of(study))} instead: warmtune forget {study_id}, then import again",
        field="study_id",
        value=study_id,
    )


def rows_beyond(connection: Connection, study: ConvertedStudy, copy: StoredCopy, space: SearchSpace) -> Sequence[Row]:
    """The trials that a study has beyond the stored one with its runs, as rows of that.

    Raises:
        ConflictError: If they can't be added to it.
    """
    if not copy.is_grown:
        return []
    study_id = copy.study.study_id
    try:
        return added_trials(study.rows, copy.rows, space)
    except ConflictError as error:
        raise ConflictError(
            f"a part of its runs is stored already, as {where_stored(connection, copy.study)}, and the others can't be "
            f"added: {error.message}. To import it whole: warmtune forget {study_id}, then import it again",
            field="study_id",
            value=study_id,
        ) from error


def stored_in_wider_space(
    connection: Connection, study: ConvertedStudy, study_id: str, space: SearchSpace
) -> StoredCopy | None:
    """The stored study that a source has less of than before, so that its search space no longer holds all trials.

    A table's search space is inferred from its rows: that of an older copy is narrower.

    Raises:
        ConflictError: If a trial of it is stored with other content.
    """
    stored = StudyRepository(connection).find(study_id)
    if stored is None or stored.space_id == space_id_of(space):
        return None
    rows = ImportRepository(connection).trials_of(stored)
    writer = ConfigurationWriter(space)
    complete = {number: row for number, row in rows.items() if row[1] == TrialState.COMPLETE.value}
    if not any(writer.write(json.loads(row[4]), is_whole=True)[1] for row in complete.values()):
        return None
    names = shared_names(runs_of_rows(study.rows), runs_of_rows(complete.values()))
    for row in study.rows:
        known = complete.get(row[0])
        if known is not None and content_of(run_of_row(row), names) != content_of(run_of_row(known), names):
            raise ConflictError(
                f"trial {row[0]} is already stored as complete with other content, and a finished trial never changes",
                field="number",
                value=row[0],
            )
    return StoredCopy(stored, rows, SameBy.VALUES, is_grown=any(row[0] not in rows for row in study.rows))


def said_of_copy(connection: Connection, study: ConvertedStudy, copy: StoredCopy) -> str:
    """What the report says of a study that is taken as a stored one."""
    said = f"its runs are stored already, as {where_stored(connection, copy.study)}"
    mine = objectives_of(study)
    if len(mine) == len(copy.study.objectives):
        return said
    return (
        f"{said}; to store them under {_in_words(mine)} alone: warmtune forget {copy.study.study_id}, then import again"
    )


def where_stored(connection: Connection, study: StoredStudy) -> str:
    """What a stored study is called, how it is filed, and where it came from."""
    records = ImportRepository(connection).of_study(study.study_id)
    source = f", imported from {records[0].file_name}" if records else ""
    name = "" if study.name is None else f" ({study.name})"
    return f"study {study.study_id}{name}, filed under {_in_words(study.objectives)}{source}"


def _in_words(objectives: Sequence[Objective]) -> str:
    return ", ".join(f"{one.metric} ({one.direction})" for one in objectives)
