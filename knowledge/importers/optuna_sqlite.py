"""Optuna's SQLite files, of versions 3 to 5, read by SQL: one pass over each table, a million rows in seconds.

Optuna's public API gives the same trials (a test compares them), ten times more slowly. The file is opened read-only
and immutable: nothing is written beside it, no trigger or view of a foreign schema is run.
"""

import json
import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from optuna.distributions import BaseDistribution

from knowledge.importers.distributions import StoredDistribution, read_stored
from knowledge.importers.options import ImportOptions
from knowledge.importers.optuna_attributes import read_attributes
from knowledge.importers.values import ForeignHistory, ForeignStudy, ForeignTrial, RefusedStudy
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "optuna-sqlite"
SCHEMA_VERSION: Final = 12
_MAGIC = b"SQLite format 3\x00"
_TABLES = {
    "version_info": {"schema_version", "library_version"},
    "studies": {"study_id", "study_name"},
    "study_directions": {"study_id", "direction", "objective"},
    "study_user_attributes": {"study_id", "key", "value_json"},
    "study_system_attributes": {"study_id", "key", "value_json"},
    "trials": {"trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete"},
    "trial_params": {"trial_id", "param_name", "param_value", "distribution_json"},
    "trial_values": {"trial_id", "objective", "value", "value_type"},
    "trial_intermediate_values": {"trial_id", "step", "intermediate_value", "intermediate_value_type"},
    "trial_system_attributes": {"trial_id", "key", "value_json"},
}
_STATES = {state.name: state for state in TrialState}
_DIRECTIONS = {"MINIMIZE": Direction.MINIMIZE, "MAXIMIZE": Direction.MAXIMIZE}


def is_sqlite(head: bytes) -> bool:
    """Whether a file that begins so is one of SQLite's."""
    return head.startswith(_MAGIC)


def read_sqlite(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an Optuna database file.

    Raises:
        InvalidInputError: If it is no SQLite file, is truncated or damaged, or not Optuna's, or of another schema.
        LimitExceededError: If it holds more than may be read.
    """
    _check_whole(path)
    try:
        with closing(_opened(path)) as connection:
            version = _check_schema(connection)
            return _Reading(connection, options).history(f"Optuna {version}, schema {SCHEMA_VERSION}")
    except sqlite3.DatabaseError as error:
        raise InvalidInputError(f"the database file is damaged: {error}", field="file") from error


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _check_whole(path: Path) -> None:
    """Compare the size that the header claims with the file's own."""
    with path.open("rb") as file:
        head = file.read(100)
    size = path.stat().st_size
    if len(head) < 100 or not is_sqlite(head):
        raise InvalidInputError("the file is no SQLite database", field="file")
    page_bytes = struct.unpack(">H", head[16:18])[0]
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    claimed = page_bytes * struct.unpack(">I", head[28:32])[0]
    if size < claimed:
        raise InvalidInputError(
            f"the database file is truncated: it has {size:,} of the {claimed:,} bytes that it says it has",
            field="file",
            value=size,
            limit=f"{claimed} bytes",
        )


def _check_schema(connection: sqlite3.Connection) -> str:
    """Optuna's version that wrote the file."""
    found = dict(connection.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    tables = sorted(name for name, kind in found.items() if kind == "table")
    if "version_info" not in tables or "trials" not in tables:
        raise InvalidInputError(
            f"the database is not Optuna's: it has the tables {', '.join(tables[:8]) or '(none)'}", field="file"
        )
    schema, library = _version(connection)
    if schema != SCHEMA_VERSION:
        raise InvalidInputError(
            f"the database has Optuna's schema {schema} (written by {library}); run 'optuna storage upgrade' with the "
            f"newest Optuna first",
            field="version_info.schema_version",
            value=schema,
            limit=SCHEMA_VERSION,
        )
    for table, columns in _TABLES.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if found.get(table) != "table" or not columns <= present:
            missing = sorted(columns - present) if found.get(table) == "table" else ["the table itself"]
            raise InvalidInputError(
                f"table {table!r} is not as Optuna {library} makes it, it lacks {', '.join(missing)}; run 'optuna "
                "storage upgrade' first if an Optuna before version 3 wrote it",
                field="file",
                value=table,
            )
    return library


def _version(connection: sqlite3.Connection) -> tuple[object, str]:
    try:
        row = connection.execute("SELECT schema_version, library_version FROM version_info").fetchone()
    except sqlite3.OperationalError as error:
        raise InvalidInputError("the table version_info is not Optuna's", field="version_info") from error
    if row is None:
        raise InvalidInputError("the table version_info is empty: nothing says which Optuna wrote it", field="file")
    return row[0], str(row[1])


@dataclass(slots=True)
class _Rows:
    """What the tables hold of one study."""

    name: str
    directions: dict[int, Direction | None] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    system: dict[str, str] = field(default_factory=dict)
    trial_ids: list[int] = field(default_factory=list)
    trials: list[tuple[int, str, str | None, str | None]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


class _Reading:
    """One pass over each table."""

    def __init__(self, connection: sqlite3.Connection, options: ImportOptions) -> None:
        self._connection = connection
        self._options = options
        self._limits = options.limits
        self._stored: dict[tuple[str, str], StoredDistribution] = {}

    def history(self, version: str) -> ForeignHistory:
        studies = self._studies()
        self._check_counts(studies)
        owners = self._read_trials(studies)
        self._parameters: dict[int, dict[str, ParameterValue]] = defaultdict(dict)
        self._texts: dict[int, dict[tuple[str, str], None]] = defaultdict(dict)
        broken = self._read_parameters(owners)
        self._values = self._read_values(owners)
        self._steps = self._read_steps(owners)
        self._infeasible = self._read_constraints(owners)
        made, refused = [], []
        for study_id, rows in studies.items():
            if rows.reasons:
                refused.append(RefusedStudy(rows.name, "; ".join(rows.reasons), len(rows.trials)))
            else:
                made.append(self._study(study_id, rows, broken))
        return ForeignHistory(SOURCE, version, tuple(made), tuple(refused))

    def _studies(self) -> dict[int, _Rows]:
        connection = self._connection
        wanted = self._options.wants
        n_studies = connection.execute("SELECT count(*) FROM studies").fetchone()[0]
        if n_studies > self._limits.max_studies:
            raise _too_many("studies", n_studies, self._limits.max_studies)
        named = connection.execute("SELECT study_id, study_name FROM studies ORDER BY study_id")
        studies = {study_id: _Rows(str(name)) for study_id, name in named if wanted(str(name))}
        for study_id, objective, text in connection.execute(
            "SELECT study_id, objective, direction FROM study_directions ORDER BY study_id, objective"
        ):
            if study_id in studies:
                rows = studies[study_id]
                if objective in rows.directions or text not in _DIRECTIONS:
                    rows.reasons.append(f"objective {objective} has contradicting or no directions ({text})")
                rows.directions[objective] = _DIRECTIONS.get(text)
        for table, kept in (("study_user_attributes", "attributes"), ("study_system_attributes", "system")):
            for study_id, key, text in connection.execute(f"SELECT study_id, key, value_json FROM {table}"):  # noqa: S608
                if study_id in studies:
                    getattr(studies[study_id], kept)[str(key)] = str(text)
        for rows in studies.values():
            if sorted(rows.directions) != list(range(len(rows.directions))) or not rows.directions:
                rows.reasons.append("the study has no direction for each of its objectives")
        return studies

    def _check_counts(self, studies: dict[int, _Rows]) -> None:
        """Count before anything is read: a file may hold, or claim, any number of rows."""
        n_trials = 0
        for study_id, count in self._connection.execute("SELECT study_id, count(*) FROM trials GROUP BY study_id"):
            n_trials += count if study_id in studies else 0
        if n_trials > self._limits.max_trials:
            raise _too_many("trials", n_trials, self._limits.max_trials)
        n_values = 0
        for table in ("trial_params", "trial_intermediate_values"):
            n_values += self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        if n_values > self._limits.max_values:
            raise _too_many("parameters and intermediate values", n_values, self._limits.max_values)

    def _read_trials(self, studies: dict[int, _Rows]) -> dict[int, int]:
        """The study of every trial that is wanted."""
        owners: dict[int, int] = {}
        query = (
            "SELECT trial_id, study_id, number, state, datetime_start, datetime_complete FROM trials ORDER BY trial_id"
        )
        for trial_id, study_id, number, state, start, end in self._connection.execute(query):
            rows = studies.get(study_id)
            if rows is not None:
                owners[trial_id] = study_id
                rows.trial_ids.append(trial_id)
                rows.trials.append((number, state, start, end))
        return owners

    def _read_parameters(self, owners: dict[int, int]) -> set[int]:
        """Parameters in the order in which they were asked for; the trials among them that can't be read."""
        broken: set[int] = set()
        stored, parameters, texts = self._stored, self._parameters, self._texts
        query = "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params ORDER BY param_id"
        for trial_id, name, value, text in self._connection.execute(query):
            study_id = owners.get(trial_id)
            if study_id is None:
                continue
            key = (name, text)
            found = stored.get(key)
            try:
                if found is None:
                    found = stored[key] = read_stored(str(name), str(text))
                parameters[trial_id][name] = found.value_of(value)
            except (InvalidSearchSpaceError, TypeError, ValueError, OverflowError):
                broken.add(trial_id)
                continue
            texts[study_id][key] = None
        return broken

    def _read_values(self, owners: dict[int, int]) -> dict[int, dict[int, float | None]]:
        values: dict[int, dict[int, float | None]] = {}
        query = "SELECT trial_id, objective, value, value_type FROM trial_values"
        for trial_id, objective, value, kind in self._connection.execute(query):
            if trial_id in owners:
                values.setdefault(trial_id, {})[objective] = _finite(value, kind)
        return values

    def _read_steps(self, owners: dict[int, int]) -> dict[int, dict[int, float | None]]:
        steps: dict[int, dict[int, float | None]] = {}
        query = "SELECT trial_id, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values"
        for trial_id, step, value, kind in self._connection.execute(query):
            if trial_id in owners and isinstance(step, int):
                steps.setdefault(trial_id, {})[step] = _finite(value, kind)
        return steps

    def _read_constraints(self, owners: dict[int, int]) -> set[int]:
        """Trials that violate a constraint: one of the values that Optuna keeps of it is above 0."""
        query = """
            SELECT trial_id, value_json FROM trial_system_attributes
            WHERE key = 'constraints' OR key LIKE 'constraints:%'
        """  # one list by a sampler's function, or one number for each name that `Trial.set_constraint` gives
        return {
            trial_id
            for trial_id, text in self._connection.execute(query)
            if trial_id in owners and is_violated(str(text))
        }

    def _study(self, study_id: int, rows: _Rows, broken: set[int]) -> ForeignStudy:
        told = read_attributes(rows.name, rows.attributes, rows.system)
        n_objectives = len(rows.directions)
        starts = [start for _, _, start, _ in rows.trials if start]
        stored = [(name, self._stored[name, text]) for name, text in self._texts[study_id]]
        distributions: dict[str, dict[BaseDistribution, None]] = {}
        for name, found in stored:
            distributions.setdefault(name, {})[found.distribution] = None
        notes = [*told.notes, *dict.fromkeys(found.note for _, found in stored if found.note)]
        trials = list(self._trials(rows, broken, n_objectives))
        if len(trials) < len(rows.trials):
            notes.append(
                f"{len(rows.trials) - len(trials)} trials are left out: a parameter or the state can't be read"
            )
        return ForeignStudy(
            name=rows.name,
            identity=f"optuna|{rows.name}|{min(starts, default='')}",
            task=told.task,
            metrics=told.metrics or (None,) * n_objectives,
            directions=tuple(rows.directions[i] for i in range(n_objectives)),
            trials=trials,
            distributions={name: tuple(seen) for name, seen in distributions.items()},
            metadata=told.metadata,
            notes=tuple(notes),
            reported_as=told.reported_as,
        )

    def _trials(self, rows: _Rows, broken: set[int], n_objectives: int) -> Iterator[ForeignTrial]:
        parameters, values, steps, infeasible = self._parameters, self._values, self._steps, self._infeasible
        for trial_id, (number, text, start, end) in zip(rows.trial_ids, rows.trials, strict=True):
            state = _STATES.get(text)
            if trial_id in broken or state is None or not isinstance(number, int):
                continue
            own = values.get(trial_id, {})
            yield ForeignTrial(
                number=number,
                state=state,
                values=tuple([own.get(i) for i in range(n_objectives)]),
                configuration=parameters.get(trial_id, {}),
                duration_s=duration_between(start, end),
                intermediate_values=steps.get(trial_id, {}),
                is_feasible=trial_id not in infeasible,
            )


def _finite(value: object, kind: object) -> float | None:
    return float(value) if kind == "FINITE" and isinstance(value, (int, float)) else None


def is_violated(text: str) -> bool:
    """Whether Optuna's note of a trial's constraints has one above 0."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return False
    several = values if isinstance(values, list) else [values]
    return any(isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 for value in several)


def duration_between(start: str | None, end: str | None) -> float | None:
    """Seconds between two moments as Optuna writes them, or None where one is missing or unreadable."""
    if not start or not end:
        return None
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError):
        return None


def _too_many(what: str, count: int, limit: int) -> LimitExceededError:
    return LimitExceededError(
        f"the source has {count:,} {what}, {limit:,} are taken at once; import it study by study (studies)",
        field="file",
        value=count,
        limit=limit,
    )
