"""Histories of other tools that can't be read as they are: named for what they are, with what to send instead."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from warmtune.vocabulary.errors import InvalidInputError

_TABLE: Final = "a CSV with a row for each trial: its parameters, its metric, its state"

_HEADS: Final = (
    (
        re.compile(rb"REDIS\d{4}|\*\d+\r\n\$\d+\r\n"),
        "a dump of Redis's, which only Redis can read",
        "start Redis with it and send the storage's address (redis://...), or copy the studies with optuna.copy_study "
        "into an SQLite file",
    ),
    (
        re.compile(rb"\x37\x7f\x06[\x82\x83]|\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"),
        "the log of an SQLite database (-wal or -journal), without the database",
        "the database file beside it; the log is taken into account where both are in one folder",
    ),
)
_DATABASES: Final = (
    (
        frozenset({"experiment_v2", "trial_v2"}),
        "a database of Ax's",
        "client.get_trials_data_frame().to_csv('trials.csv')",
    ),
)
_PICKLES: Final = (
    (b"hyperopt", "Hyperopt's Trials", "json.dump(trials.trials, file, default=str)"),
    (b"sklearn", "a search of scikit-learn's", "pandas.DataFrame(search.cv_results_).to_csv('results.csv')"),
    (b"skopt", "a result of scikit-optimize's", "a CSV of result.x_iters with a column of result.func_vals"),
    (b"optuna", "a study of Optuna's", "study.trials_dataframe().to_csv('trials.csv')"),
    (b"ConfigSpace", "a run of ConfigSpace's", "SMAC's runhistory.json, or " + _TABLE),
    (b"ray.tune", "an analysis of Ray Tune's", "the experiment's folder, or results.get_dataframe().to_csv(...)"),
)


def refuse_head(head: bytes) -> None:
    """Refuse a file by its first bytes, if they are another tool's.

    Raises:
        InvalidInputError: Naming the tool and the remedy.
    """
    for pattern, what, remedy in _HEADS:
        if pattern.match(head):
            raise _refusal("the file", what, remedy)


def pickle_refusal(head: bytes) -> InvalidInputError:
    """Why a pickle is not read, and what to send instead where its first bytes show whose it is."""
    found = next(((what, remedy) for mark, what, remedy in _PICKLES if mark in head), None)
    if found is None:
        whose = ""
        remedy = "Export the history as JSON or CSV, or copy the studies into an SQLite file (optuna.copy_study)"
    else:
        whose, remedy = f" of {found[0]}", f"Send {found[1]}"
    return InvalidInputError(
        f"the file is a pickle{whose}, and reading one executes its code, so it is never read. {remedy}",
        field="file",
        value="pickle",
    )


def refuse_database(tables: Collection[str]) -> None:
    """Refuse an SQLite file by its tables, if they are another tool's.

    Raises:
        InvalidInputError: Naming the tool and the remedy.
    """
    for marks, what, remedy in _DATABASES:
        if marks <= set(tables):
            raise _refusal("the file", what, remedy)


def refuse_folder(names: Iterable[str]) -> None:
    """Refuse a folder by its files, if they are another tool's.

    Raises:
        InvalidInputError: Naming the tool and the remedy.
    """
    bare = {PurePosixPath(name).name for name in names}
    if any(name.startswith("events.out.tfevents") for name in bare):
        raise _refusal("the folder", "TensorBoard's event files", "the CSV that its page HPARAMS downloads")
    if any(name.endswith((".rdb", ".aof")) for name in bare):
        raise _refusal("the folder", *_HEADS[0][1:])
    if {"learner.pkl", "predictor.pkl"} & bare:
        raise _refusal("the folder", "a predictor of AutoGluon's", "its HPO results as a CSV with their parameters")


def refuse_json(body: object) -> None:
    """Refuse JSON by its keys, if it is another tool's.

    Raises:
        InvalidInputError: Naming the tool and the remedy.
    """
    if not isinstance(body, dict):
        return
    if body.get("__type") in ("Experiment", "AxClient", "Client", "Scheduler") or (
        "experiment" in body and "generation_strategy" in body
    ):
        raise _refusal(
            "the file", "a snapshot of Ax's", "ax_client.get_trials_data_frame().to_csv('trials.csv'): a table"
        )
    if "nbformat" in body:
        raise _refusal("the file", "a Jupyter notebook", _TABLE)


def refuse_vectors(rows: Iterable[Mapping[str, object]]) -> None:
    """Refuse DEHB's history as it saves it: configurations are places in the unit cube, and their names are nowhere.

    Raises:
        InvalidInputError: Naming the remedy.
    """
    if any(isinstance(row.get("config"), (list, tuple)) for row in rows):
        raise _refusal(
            "the table",
            "a history of DEHB's whose configurations are vectors without names",
            "pandas.DataFrame([{**dehb.vector_to_configspace(v), 'fitness': f, 'cost': c, 'fidelity': b} "
            "for _, v, f, c, b, _ in dehb.history]).to_csv('trials.csv')",
        )


def refuse_columns(names: Collection[str]) -> None:
    """Refuse a table by its columns, if it is a list of fitted models without their parameters.

    Raises:
        InvalidInputError: Naming the tool and the remedy.
    """
    columns = set(names)
    remedy = "a table with the parameters of each model beside its score: nothing can be learned from names of models"
    if {"model", "score_val", "pred_time_val"} <= columns or {"model", "score_val", "fit_order"} <= columns:
        raise _refusal("the table", "a leaderboard of AutoGluon's", remedy)
    if "model_id" in columns and columns <= _H2O:
        raise _refusal("the table", "a leaderboard of H2O's", remedy)


_H2O: Final = frozenset(
    {
        "model_id",
        "auc",
        "logloss",
        "aucpr",
        "mean_per_class_error",
        "rmse",
        "mse",
        "mae",
        "rmsle",
        "mean_residual_deviance",
        "training_time_ms",
        "predict_time_per_row_ms",
        "algo",
    }
)


def _refusal(subject: str, what: str, remedy: str) -> InvalidInputError:
    field = "columns" if subject == "the table" else "file"
    return InvalidInputError(f"{subject} is {what}; send instead: {remedy}", field=field, value=what, limit=remedy)
