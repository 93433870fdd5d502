"""A team with a server: a workspace, a key for each member, and what other teams see of it (nothing).

    WARMTUNE_URL=https://warmtune.example.org WARMTUNE_API_KEY=... python examples/team.py

The key must be an admin key of the workspace `default`. The workspaces that this script makes are deleted at its end.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score

import warmtune


def main() -> None:
    """Two members share what they find; a key of another workspace sees none of it."""
    if "WARMTUNE_URL" not in os.environ:
        raise SystemExit("this example needs a team's service: set WARMTUNE_URL and WARMTUNE_API_KEY (an admin key)")
    with warmtune.Client() as admin, workspace(admin, "forecasting") as ours, workspace(admin, "pricing") as theirs:
        for member in ("ada", "grace"):
            made = admin.create_key(f"notebook of {member}", owner=member, scope="write", workspace=ours)
            with warmtune.Client(api_key=made.key) as client:
                best = tune(client)
                n_studies = len(client.list_studies(own=True).items)
            print(f"{member} (key {made.key_id}): best accuracy {best:.4f}; studies of the team: {n_studies}")
        other = admin.create_key("another team", owner="alan", scope="read", workspace=theirs)
        with warmtune.Client(api_key=other.key) as client:
            print(f"studies that another team sees: {len(client.list_studies(own=True).items)}")


@contextmanager
def workspace(admin: warmtune.Client, name: str) -> Iterator[str]:
    """A workspace for as long as the context lasts; its keys end with it."""
    unique = f"{name}-{uuid.uuid4().hex[:8]}"
    admin.create_workspace(unique)
    try:
        yield unique
    finally:
        admin.delete_workspace(unique)


def tune(client: warmtune.Client) -> float:
    """A short study in the workspace of the client's key."""
    X, y = load_wine(return_X_y=True, as_frame=True)
    space = client.get_search_space("knn", kind="multiclass").search_space

    def objective(trial: optuna.Trial) -> float:
        model = warmtune.build("knn", warmtune.suggest(trial, space), X, kind="multiclass")
        return float(cross_val_score(model, X, y, cv=3).mean())

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    client.warm_start(study, X, y, search_space="knn", metric="accuracy", n=3)
    study.optimize(objective, n_trials=3)
    client.report(study)
    return study.best_value


if __name__ == "__main__":
    main()
