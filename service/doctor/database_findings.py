"""The database: whether it can be used, holds this version's tables, and what its keys and jobs look like."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from knowledge.pack.pack_file import shipped_version
from metafeatures.version import VERSION
from service.backups import retention_ages
from service.doctor.findings import Finding, Level
from service.settings import Settings
from service.shipped_contents import names_moved_on
from store.connections.database import Connection, Database
from store.inspection import KeyFacts, damage, described_by, job_counts, key_facts, server_facts, silent_jobs
from store.retention import count_expired
from store.schema import HEAD
from store.shipped import loaded_version
from warmtune.catalogue import catalogue
from warmtune.vocabulary.errors import StorageFullError, UnavailableError, WarmtuneError
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.task import OWN_VERSIONS

TOPIC: Final = "database"
IDLE_AFTER: Final = timedelta(days=90)
CLOCK_S: Final = 5.0
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class DatabaseExamination:
    """The findings, and facts for other examinations.

    Attributes:
        findings: All of them.
        file: SQLite's; None for PostgreSQL, or an address that is none.
        has_stored_keys: Whether calls need a key.
    """

    findings: tuple[Finding, ...]
    file: Path | None = None
    has_stored_keys: bool = False


def examine_database(settings: Settings) -> DatabaseExamination:
    """Look at the database without changing it: it is neither made nor migrated."""
    try:
        database = Database(settings.database_url, timeout_s=min(settings.database_timeout_s, 10.0))
    except WarmtuneError as error:
        return DatabaseExamination((Finding(TOPIC, Level.FAILURE, error.message),))
    file = database.file
    if file is not None and not file.exists():
        database.close()
        text = f"{file} is not there yet; the first start makes it"
        return DatabaseExamination((Finding(TOPIC, Level.WARNING, text),), file)
    try:
        with database.reading() as connection:
            findings, keys = _examine(connection, database, settings)
    except (UnavailableError, StorageFullError) as error:
        findings, keys = [Finding(TOPIC, Level.FAILURE, f"{database.shown_url}: {error.message}")], None
    finally:
        database.close()
    return DatabaseExamination(tuple(findings), file, keys is not None and keys.n_valid > 0)


def _examine(connection: Connection, database: Database, settings: Settings) -> tuple[list[Finding], KeyFacts | None]:
    facts = server_facts(connection)
    found = [Finding(TOPIC, Level.OK, f"{facts.version} answers: {database.shown_url}")]
    if facts.is_read_only:
        found.append(Finding(TOPIC, Level.FAILURE, "it is a standby: nothing can be written"))
    if abs(facts.ahead_s) > CLOCK_S:
        found.append(Finding(TOPIC, Level.WARNING, f"its clock is {facts.ahead_s:+.0f} s from this machine's"))
    broken = damage(connection, database.file)
    if broken is not None:
        found.append(Finding(TOPIC, Level.FAILURE, f"the file is damaged, restore a backup: {broken}"))
    if facts.revision != HEAD:
        found.append(_of_revision(facts.revision))
        return found, None
    found.append(Finding(TOPIC, Level.OK, f"it has this version's tables ({HEAD})"))
    found.extend(_of_knowledge(loaded_version(connection), names_moved_on(connection, catalogue())))
    found.append(_of_descriptions(described_by(connection)))
    keys = key_facts(connection, idle_after=IDLE_AFTER)
    found.extend(_of_keys(keys))
    counts = job_counts(connection)
    waiting, running = counts.get(JobState.QUEUED, 0), counts.get(JobState.RUNNING, 0)
    found.append(Finding("jobs", Level.OK, f"{waiting} wait, {running} run, {counts.get(JobState.FAILED, 0)} failed"))
    silent = silent_jobs(connection, lease=timedelta(seconds=settings.job_lease_s))
    found.append(_of_retention(connection, settings))
    if silent:
        text = f"{len(silent)} run without a sign of life; is any service or worker up? {_some(silent)}"
        found.append(Finding("jobs", Level.WARNING, text))
    return found, keys


def _of_retention(connection: Connection, settings: Settings) -> Finding:
    counts = count_expired(connection, retention_ages(settings))
    days = settings.retention_studies_days
    stay = "studies stay" if days is None else f"studies stay {days:g} days"
    text = (
        f"{stay}; `warmtune vacuum` would forget {counts.n_studies} studies, {counts.n_jobs} jobs, "
        f"{counts.n_answers} answers and {counts.n_audit} rows of the audit trail"
    )
    return Finding("retention", Level.OK, text)


def _of_revision(revision: str | None) -> Finding:
    if revision is None:
        return Finding(TOPIC, Level.WARNING, "it has no tables yet; the first start creates them")
    if revision > HEAD:
        return Finding(TOPIC, Level.FAILURE, f"a newer Warmtune wrote its tables ({revision}, not {HEAD})")
    return Finding(TOPIC, Level.WARNING, f"its tables are of {revision}; the next start migrates them to {HEAD}")


def _of_knowledge(loaded: str | None, moved_on: tuple[str, ...]) -> Iterator[Finding]:
    shipped = shipped_version()
    if loaded is None:
        yield Finding("knowledge base", Level.WARNING, "none is loaded; the next start loads what ships")
    elif loaded != shipped:
        yield Finding("knowledge base", Level.WARNING, f"{loaded} is loaded; the next start loads {shipped}")
    elif moved_on:
        text = f"{loaded} is loaded under former definitions of {_some(moved_on)}; the next start loads it again"
        yield Finding("knowledge base", Level.WARNING, text)
    else:
        yield Finding("knowledge base", Level.OK, f"{loaded} is loaded")


def _of_descriptions(counts: dict[str, int]) -> Finding:
    """Tasks of another version of Warmtune's own are never compared with tables that are described now."""
    others = {version: n for version, n in counts.items() if version.startswith(OWN_VERSIONS) and version != VERSION}
    if not others:
        return Finding("meta-features", Level.OK, f"{VERSION}; all tasks that Warmtune has described are of it")
    said = ", ".join(f"{n} of {version}" for version, n in sorted(others.items()))
    text = (
        f"of {sum(counts.values())} tasks, {sum(others.values())} are of another version than {VERSION} ({said}): "
        "tables that are described now are compared with none of them; describe theirs again"
    )
    return Finding("meta-features", Level.WARNING, text)


def _of_keys(facts: KeyFacts) -> Iterator[Finding]:
    yield Finding(
        "keys", Level.OK, f"{facts.n_valid} valid in the database, {facts.n_admins} of them with the scope admin"
    )
    for ids, said in (
        (facts.expired, "have expired: revoke them"),
        (facts.endless, "never expire"),
        (facts.idle, f"were not used for {IDLE_AFTER.days} days: revoke what nobody needs"),
    ):
        if ids:
            yield Finding("keys", Level.WARNING, f"{len(ids)} {said}: {_some(ids)}")


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
