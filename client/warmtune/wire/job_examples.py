"""Worked examples of bodies of jobs, and of what these make: models, backtests, imports."""

from warmtune.wire.examples import MOMENT, TASK_ID, Example

JOB: Example = {
    "job_id": "job_5d41402abc4b2a76b9719d911017c592",
    "kind": "refit",
    "state": "running",
    "progress": 0.4,
    "message": "backtest: 12 of 30 tasks",
    "request": {"search_space": "hist_gradient_boosting", "kind": "multiclass", "metric": "accuracy"},
    "result": None,
    "failure": None,
    "cancel_requested": False,
    "attempt": 1,
    "created_at": MOMENT,
    "started_at": MOMENT,
    "finished_at": None,
}
JOB_PAGE: Example = {"items": [JOB], "next_cursor": None}
JOB_LINE: Example = {"number": 3, "at": MOMENT, "text": "backtest: 1 of 5 groups of tasks"}
JOB_LOG: Example = {"items": [JOB_LINE], "next_cursor": None}
VERSION = "engine-2-d20549bef05b"
REFIT_REQUEST: Example = {
    "search_space": "hist_gradient_boosting",
    "kind": "multiclass",
    "metric": "accuracy",
    "surrogate": "auto",
}
ACTIVATION_REQUEST: Example = {"force": False}
MODEL: Example = {
    "version": VERSION,
    "search_space": "hist_gradient_boosting",
    "search_space_key": "9a0364b9e99bb480",
    "kind_group": "classification",
    "metric": "accuracy",
    "direction": "maximize",
    "state": "active",
    "pinned": False,
    "revision": 7,
    "n_tasks": 53,
    "n_trials": 2214,
    "comparison": {
        "other": "engine-2-505be73435ec",
        "n_tasks": 30,
        "difference": -0.004,
        "low": -0.011,
        "high": 0.002,
        "margin": 0.01,
    },
    "surrogates": [
        {
            "algorithm": "deep_kernel",
            "role": "maps",
            "n_tasks": 30,
            "difference": -0.003,
            "low": -0.009,
            "high": 0.003,
            "is_used": False,
        }
    ],
    "reason": "not worse than engine-2-505be73435ec by more than 0.01: mean regret -0.0040 [-0.0110, +0.0020] over 30 "
    "tasks",
    "created_at": MOMENT,
}
MODEL_PAGE: Example = {"items": [MODEL], "next_cursor": None}
BACKTEST: Example = {
    "version": VERSION,
    "search_space": "hist_gradient_boosting",
    "metric": "accuracy",
    "direction": "maximize",
    "n_tasks": 1,
    "created_at": MOMENT,
    "summary": {
        "random": {"1": {"mean": 0.31, "low": 0.31, "high": 0.31}},
        "adaptive": {"1": {"mean": 0.12, "low": 0.12, "high": 0.12}},
    },
    "ranks": {"1": {"random": 2.0, "adaptive": 1.0}},
    "trials_saved": [{"baseline": "random", "after": 2, "regret": 0.22, "needed": 1, "low": 1, "high": 1}],
    "regret": {"random": {TASK_ID: [0.31, 0.22]}, "adaptive": {TASK_ID: [0.12, 0.03]}},
}
EXPLANATION: Example = {
    "search_space": "random_forest",
    "kind_group": "regression",
    "metric": "r2",
    "direction": "maximize",
    "model_version": VERSION,
    "by": None,
    "sentence": "Whatever the meta-features, max_features around 0.5 usually wins: it wins on 20 of 30 past tasks.",
    "text": "max_features around 0.5 [20 of 30 tasks, regret 0.031]",
    "n_tasks": 30,
    "regret": 0.031,
    "tree": {
        "candidates": [{"max_features": 0.5}, {"max_features": 1.0}],
        "root": {"candidate": 0, "n_tasks": 30, "n_wins": 20, "regret": 0.031},
    },
}
IMPORTANCE: Example = {
    "search_space": "lightgbm",
    "kind_group": "classification",
    "metric": "accuracy",
    "direction": "maximize",
    "model_version": VERSION,
    "n_tasks": 206,
    "parameters": [
        {
            "name": "learning_rate",
            "share": 0.31,
            "low": 0.28,
            "high": 0.34,
            "suggested": {"low": 0.012, "high": 0.21, "choices": [], "kept": 0.56},
        },
        {
            "name": "extra_trees",
            "share": 0.04,
            "low": 0.03,
            "high": 0.05,
            "suggested": {"low": None, "high": None, "choices": [False, True], "kept": 1.0},
        },
    ],
    "mean_loss": 0.012,
    "harmed": 0.21,
}
IMPORTED_TASK: Example = {"kind": "binary", "meta_features": {"n_rows": 569.0, "n_columns": 30.0}}
FILE_OPTIONS: Example = {"files": "lgb*.csv", "metric": "loss", "direction": "minimize"}
IMPORT_REQUEST: Example = {
    "metric": "accuracy",
    "dry_run": True,
    "tasks": {"breast cancer": IMPORTED_TASK},
    "sent_by": "Ada",
}
IMPORT: Example = {
    "import_id": "import_0123456789abcdef0123456789abcdef",
    "source": "optuna-sqlite",
    "written_by": "Optuna 5.0.0, schema 12",
    "file_name": "optuna.db",
    "file_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sent_by": "Ada",
    "created_at": MOMENT,
    "n_studies": 50,
}
IMPORT_PAGE: Example = {"items": [IMPORT], "next_cursor": None}
