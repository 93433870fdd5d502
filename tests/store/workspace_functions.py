"""What each function of the store is asked about a workspace, and which functions are about none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from store.connections.scope import visible
from store.connections.unchanged import unchanged
from store.costs import costs_by_space
from store.deletion import delete_study, delete_task
from store.histories import (
    n_past_trials,
    own_task_ids,
    past_durations,
    past_tasks,
    studies_of_tasks,
    tasks_reported_since,
)
from store.imported_studies import StudyTrials, WholeStudy, insert_studies, insert_trials, study_seqs
from store.learning_curves import past_curves
from store.revisions import advance, advance_all, owned_revisions_beside, revision_of, revisions_beside
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.study_tables import (
    StudyFilter,
    StudyOrder,
    TrialOrder,
    Window,
    count_feasible,
    numbers_beside,
    objective_values,
    study_table,
    trial_table,
    trial_values,
    trials_after,
    trials_numbered,
    unfinished_totals,
    with_curves,
)
from store.tables import studies
from store.task_tables import tasks_named
from store.tasks import TaskRepository
from store.totals import own_study_sizes, totals_by_name
from store.trial_rows import trial_row
from store.tried_spaces import tried_spaces
from tests.store.samples import KEY, SPACE, make_task, make_trial

Call = Callable[[Connection], Any]

TASK_ID = make_task("mine").task_id
ELSEWHERE = replace(KEY, content_key="of another space")


def study_of(connection: Connection) -> Any:
    return StudyRepository(connection).get("study_1")


def visible_tasks(connection: Connection) -> list[int]:
    """Order numbers of the tasks whose studies may be seen from here."""
    return list(connection.execute(select(studies.c.task_seq).where(visible(connection, studies))).scalars())


def _whole_study(connection: Connection) -> WholeStudy:
    task = TaskRepository(connection).get(TASK_ID)
    space_id = SearchSpaceRepository(connection).keep(SPACE)
    new = NewStudy("study_whole", task.seq, space_id, "svm", KEY, "a study", {})
    return WholeStudy(new, tuple(trial_row(make_trial(number)) for number in range(2)))


FUNCTIONS: dict[str, list[Call]] = {
    "advance": [lambda c: advance(c, KEY)],
    "advance_all": [lambda c: advance_all(c, {KEY})],
    "costs_by_space": [costs_by_space],
    "delete_study": [lambda c: delete_study(c, "study_1")],
    "delete_task": [lambda c: delete_task(c, TASK_ID)],
    "insert_studies": [lambda c: len(insert_studies(c, [_whole_study(c)]))],
    "insert_trials": [
        lambda c: insert_trials(c, [StudyTrials(study_of(c).seq, (KEY,), (trial_row(make_trial(70)),))]),
    ],
    "n_past_trials": [lambda c: n_past_trials(c, KEY)],
    "objective_values": [lambda c: objective_values(c, study_of(c))],
    "own_study_sizes": [lambda c: own_study_sizes(c, [KEY], limit=9, without_label="x")],
    "own_task_ids": [lambda c: sorted(own_task_ids(c, KEY))],
    "owned_revisions_beside": [lambda c: owned_revisions_beside(c, KEY)],
    "past_curves": [lambda c: past_curves(c, KEY, n=9, exclude=())],
    "past_durations": [lambda c: past_durations(c, KEY)],
    "past_tasks": [
        lambda c: past_tasks(c, KEY),
        lambda c: past_tasks(c, KEY, up_to=1),
        lambda c: past_tasks(c, KEY, of=visible_tasks(c)),
    ],
    "studies_of_tasks": [lambda c: len(studies_of_tasks(c, KEY, visible_tasks(c)))],
    "tried_spaces": [lambda c: [one.name for one in tried_spaces(c, ELSEWHERE, TASK_ID, limit=9)]],
    "unchanged": [lambda c: unchanged(c, "revision", lambda: revision_of(c, KEY))],
    "tasks_reported_since": [lambda c: tasks_reported_since(c, KEY, 0, limit=9)],
    "revision_of": [lambda c: revision_of(c, KEY)],
    "revisions_beside": [lambda c: revisions_beside(c, KEY)],
    "study_seqs": [lambda c: sorted(study_seqs(c, ["study_1", "study_of_third"]))],
    "study_table": [
        lambda c: study_table(c, StudyFilter(), order=StudyOrder.NAME, window=Window(0, 9)),
        lambda c: study_table(c, StudyFilter(), order=StudyOrder.TASK, window=Window(0, 9)),
    ],
    "tasks_named": [lambda c: tasks_named(c, "mine", limit=99), lambda c: tasks_named(c, "", limit=50)],
    "totals_by_name": [totals_by_name],
    "trial_table": [lambda c: trial_table(c, study_of(c), order=TrialOrder.BEST, window=Window(0, 9))],
    "count_feasible": [lambda c: count_feasible(c, study_of(c))],
    "trials_after": [lambda c: trials_after(c, study_of(c), 0, limit=9)],
    "numbers_beside": [lambda c: numbers_beside(c, study_of(c), 1)],
    "trial_values": [lambda c: trial_values(c, study_of(c))],
    "trials_numbered": [lambda c: trials_numbered(c, study_of(c), [0, 2, 99])],
    "unfinished_totals": [lambda c: unfinished_totals(c, study_of(c))],
    "with_curves": [lambda c: with_curves(c, study_of(c), limit=9)],
}
"""`fill` has answered them before."""

ABOUT_NO_WORKSPACE = {
    # the database as a whole: its schema, moments, backups, locks, and what the operator counts in all workspaces
    *(
        "check_foreign_keys",
        "check_encoding",
        "current_revision",
        "database_now",
        "now_within",
        "lock_schema",
        "migrate",
    ),
    "one_state",
    *("damage", "restore_backup", "server_facts", "write_backup", "limit_again", "wait_for_ever", "lock_name"),
    *("count_expired", "forget_all", "job_counts", "key_facts", "n_bytes", "own_lift", "silent_jobs"),
    *("loaded_version", "loaded_definitions", "loaded_descriptions", "described_by", "replace_shipped", "end_all_of"),
    # how a connection is bound to a workspace
    *("as_workspace", "asker", "bound_workspace", "own", "owner_of", "visible", "within", "workspace_of"),
    # parts of statements that others make, and rows of parents that others have looked up
    *("copy_rows", "insert_rows", "paginate", "upserting", "with_pending"),
}
