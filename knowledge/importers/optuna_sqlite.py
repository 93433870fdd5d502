"""Optuna's SQLite files, of versions 3 to 5, read by SQL: one pass over each table, a million rows in seconds.

Optuna's public API gives the same trials (a test compares them), ten times more slowly. The file is opened read-only
and immutable: nothing is written beside it, no trigger or view of a foreign schema is run.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from optuna.distributions import BaseDistribution

from knowledge.importers.distributions import StoredDistribution, read_stored
from knowledge.importers.options import ImportOptions
from knowledge.importers.optuna_attributes import known_space, parsed, read_attributes
from knowledge.importers.optuna_fields import (
    CONSTRAINTS,
    constraints_in,
    duration_between,
    unread_notes,
    unread_parameter,
    unread_state,
)
from knowledge.importers.optuna_sqlite_file import SCHEMA_VERSION, check_schema
from knowledge.importers.sqlite_file import opened
from knowledge.importers.values import NO_STEPS, ForeignHistory, ForeignStudy, ForeignTrial, RefusedStudy
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "optuna-sqlite"
_STATES = {state.name: state for state in TrialState}
_DIRECTIONS = {"MINIMIZE": Direction.MINIMIZE, "MAXIMIZE": Direction.MAXIMIZE}


def read_sqlite(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an Optuna database file.

    Raises:
        InvalidInputError: If it is no SQLite file, is truncated or damaged, or not Optuna's, or of another schema.
        LimitExceededError: If it holds more than may be read.
    """
    with opened(path) as connection:
        version = check_schema(connection)
        return _Reading(connection, options).history(f"Optuna {version}, schema {SCHEMA_VERSION}")


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
        self._parameters: dict[int, dict[str, ParameterValue]] = {}
        self._texts: dict[int, dict[tuple[str, str], None]] = defaultdict(dict)
        broken = self._read_parameters(owners)
        self._values = self._read_values(owners)
        self._steps = self._read_steps(owners)
        self._constraints = self._read_constraints(owners)
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
        for table, name in (("study_user_attributes", "attributes"), ("study_system_attributes", "system")):
            for study_id, key, text in connection.execute(f"SELECT study_id, key, value_json FROM {table}"):  # noqa: S608
                if study_id in studies:
                    getattr(studies[study_id], name)[str(key)] = str(text)
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

    def _read_parameters(self, owners: dict[int, int]) -> dict[int, str]:
        """Parameters in the order in which they were asked for; of trials among them that can't be read, the reason."""
        broken: dict[int, str] = {}
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
                    found = stored[key] = read_stored(_text(name), str(text))
                # a number that is no choice's index is itself: nothing to look up
                own = value if found.is_plain and type(value) is float else found.value_of(value)
            except (InvalidSearchSpaceError, TypeError, ValueError, OverflowError) as error:
                broken.setdefault(trial_id, unread_parameter(name, error))
                continue
            if trial_id in parameters:
                parameters[trial_id][name] = own
            else:
                parameters[trial_id] = {name: own}
            if key not in (seen := texts[study_id]):
                seen[key] = None
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

    def _read_constraints(self, owners: dict[int, int]) -> dict[int, tuple[float, ...]]:
        query = f"""
            SELECT trial_id, key, value_json FROM trial_system_attributes
            WHERE key = '{CONSTRAINTS}' OR key LIKE '{CONSTRAINTS}:%'
        """  # noqa: S608  # a constant
        noted: dict[int, dict[str, object]] = {}
        for trial_id, key, text in self._connection.execute(query):
            if trial_id in owners:
                noted.setdefault(trial_id, {})[str(key)] = parsed(str(text))
        return {trial_id: constraints_in(own) for trial_id, own in noted.items()}

    def _study(self, study_id: int, rows: _Rows, broken: Mapping[int, str]) -> ForeignStudy:
        attributes = read_attributes(rows.name, rows.attributes, rows.system)
        n_objectives = len(rows.directions)
        starts = [start for _, _, start, _ in rows.trials if start]
        stored = [(name, self._stored[name, text]) for name, text in self._texts[study_id]]
        distributions: dict[str, dict[BaseDistribution, None]] = {}
        for name, found in stored:
            distributions.setdefault(name, {})[found.distribution] = None
        notes = [*attributes.notes, *dict.fromkeys(found.note for _, found in stored if found.note)]
        unread: Counter[str] = Counter()
        trials = list(self._trials(rows, broken, n_objectives, unread))
        space, said = known_space(attributes.space, distributions)
        return ForeignStudy(
            name=rows.name,
            identity=f"optuna|{rows.name}|{min(starts, default='')}",
            task=attributes.task,
            metrics=attributes.metrics or (None,) * n_objectives,
            directions=tuple(rows.directions[i] for i in range(n_objectives)),
            trials=trials,
            distributions={name: tuple(seen) for name, seen in distributions.items()},
            space=space,
            metadata=attributes.metadata,
            notes=(*notes, *said),
            reported_as=attributes.reported_as,
            unread=unread_notes(unread),
        )

    def _trials(
        self, rows: _Rows, broken: Mapping[int, str], n_objectives: int, unread: Counter[str]
    ) -> Iterator[ForeignTrial]:
        values, steps, parameters = self._values.get, self._steps.get, self._parameters.get
        constraints, no_parameters = self._constraints.get, MappingProxyType[str, ParameterValue]({})
        for trial_id, (number, text, start, end) in zip(rows.trial_ids, rows.trials, strict=True):
            state = _STATES.get(text)
            if trial_id in broken or state is None or not isinstance(number, int):
                unread[broken.get(trial_id) or unread_state(text if state is None else number)] += 1
                continue
            own = values(trial_id, _NO_VALUES)
            yield ForeignTrial(
                number,
                state,
                (own.get(0),) if n_objectives == 1 else tuple([own.get(i) for i in range(n_objectives)]),
                parameters(trial_id, no_parameters),
                duration_between(start, end),
                steps(trial_id, NO_STEPS),
                constraints(trial_id, ()),
            )


_NO_VALUES: Final[Mapping[int, float | None]] = MappingProxyType({})


def _text(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(name)
    return name


def _finite(value: object, kind: object) -> float | None:
    return float(value) if kind == "FINITE" and isinstance(value, (int, float)) else None


def _too_many(what: str, count: int, limit: int) -> LimitExceededError:
    return LimitExceededError(
        f"the source has {count:,} {what}, {limit:,} can be imported at once; import it study by study (studies)",
        field="file",
        value=count,
        limit=limit,
    )
