"""Worked examples of the bodies of neural models."""

from warmtune.wire.examples import MOMENT, Example

TRAIN: Example = {
    "name": "svm-accuracy",
    "search_space": "svm",
    "kind": "multiclass",
    "metric": "accuracy",
    "algorithm": "conditioned_maml",
    "n_steps": 1000,
}
MODEL: Example = {
    "name": "svm-accuracy",
    "family": "surrogate",
    "version": "7c1d5d1f0a9b3e42",
    "shipped": False,
    "surrogate_of": {
        "search_space": "svm",
        "kind": "classification",
        "metric": "accuracy",
        "direction": "maximize",
    },
    "facts": {
        "algorithm": "conditioned_maml",
        "n_tasks": 70,
        "n_trials": 2800,
        "n_meta_features": 183,
        "n_steps": 640,
        "held_out_loss": 0.94,
    },
    "n_bytes": 61234,
    "created_at": MOMENT,
}
MODEL_PAGE: Example = {"items": [MODEL], "next_cursor": None}
ADAPT: Example = {
    "support": {
        "rows": [[5.1, "red"], [4.7, "red"], [6.3, "blue"], [5.9, None], [5.0, "red"], [6.7, "blue"]],
        "targets": ["low", "low", "high", "high", "low", "high"],
    },
    "query": {"rows": [[5.0, "red"], [6.5, "blue"]]},
}
ADAPTED: Example = {
    "model": "tabular",
    "version": "7c1d5d1f0a9b3e42",
    "mean": None,
    "sd": None,
    "classes": ["high", "low"],
    "probabilities": [[0.06, 0.94], [0.93, 0.07]],
    "support_loss": [0.21, 0.19],
    "parameters": None,
}
SUGGEST: Example = {
    "task": {"kind": "multiclass", "meta_features": {"n_rows": 150.0, "n_columns": 4.0}},
    "trials": [{"params": {"C": 1.0, "kernel": "linear"}, "value": 0.91}],
    "n": 1,
}
SUGGESTED: Example = {
    "model": "svm-accuracy",
    "version": "7c1d5d1f0a9b3e42",
    "suggestions": [{"params": {"C": 31.6, "kernel": "rbf", "gamma": 0.02}, "mean": 0.95, "sd": 0.02}],
}
