"""The tables. Migrations in `store.migrations` create them; a test holds the two together."""

from store.tables.callers import api_keys, audit, key_usage, page_sessions, stored_answers, workspaces
from store.tables.columns import UtcDateTime, metadata
from store.tables.jobs import claims, job_lines, jobs
from store.tables.models import model_snapshots, models, neural_models, received_models, shares
from store.tables.studies import (
    imported_studies,
    imports,
    knowledge_bases,
    registered_spaces,
    revisions,
    run_marks,
    search_spaces,
    studies,
    tasks,
    trials,
)

__all__ = [
    "UtcDateTime",
    "api_keys",
    "audit",
    "claims",
    "imported_studies",
    "imports",
    "job_lines",
    "jobs",
    "key_usage",
    "knowledge_bases",
    "metadata",
    "model_snapshots",
    "models",
    "neural_models",
    "page_sessions",
    "received_models",
    "registered_spaces",
    "revisions",
    "run_marks",
    "search_spaces",
    "shares",
    "stored_answers",
    "studies",
    "tasks",
    "trials",
    "workspaces",
]
