"""Worked examples of bodies, for the API's documentation.

They fit each other: the requests can be sent as they are, and a test sends them: task, study, trials, suggestions.
"""

from pydantic import JsonValue

Example = dict[str, JsonValue]

META_FEATURES: Example = {
    "n_rows": 150.0,
    "n_columns": 4.0,
    "n_numeric": 4.0,
    "n_nominal": 0.0,
    "share_missing_cells": 0.0,
    "n_classes": 3.0,
    "class_entropy": 1.584962500721156,
    "majority_share": 0.3333333333333333,
    "stump_accuracy": 0.6666666666666666,
}
GAPS: Example = {"log_symbols.mean": "no nominal column"}
TASK_ID = "task_aefe0da4e710bdc0820f1810"
STUDY_ID = "study_3b1f7c0a5d8e4f2e9c6a1b2d3e4f5a6b"
MOMENT = "2026-03-14T09:26:53.589793Z"

TASK: Example = {
    "kind": "multiclass",
    "meta_features": META_FEATURES,
    "gaps": GAPS,
    "version": "warmtune-2",
    "name": "iris",
}
TASK_UPLOAD: Example = {"target": "species", "name": "iris"}
UNDERSTANDING: Example = {
    "kind": "multiclass",
    "kind_reason": "the target holds categories",
    "columns": [
        {"name": "petal_length", "role": "numeric", "reason": "its type is double"},
        {"name": "species", "role": "target", "reason": "the target holds categories"},
    ],
    "n_rows": 150,
    "n_dropped_rows": 0,
    "reading": {
        "format": "csv",
        "n_rows": 150,
        "compression": None,
        "encoding": "cp1252",
        "delimiter": ";",
        "decimal_mark": ",",
        "quote": None,
        "sheet": None,
        "n_skipped_rows": 1,
    },
    "notices": [
        {
            "code": "encoding",
            "text": "the file is not UTF-8: read as cp1252; the first such character is in row 7, column 'species'",
            "row": 7,
            "column": "species",
            "count": None,
        }
    ],
}
STORED_TASK: Example = {"task_id": TASK_ID, "created_at": MOMENT, **TASK}
TASK_PAGE: Example = {
    "items": [{"task_id": TASK_ID, "name": "iris", "kind": "multiclass", "created_at": MOMENT}],
    "next_cursor": "MTA3",
}
SOURCE: Example = {"task_id": "openml_187", "task_name": "wine", "similarity": 0.83}
NEIGHBOUR: Example = {**SOURCE, "n_shared": 212, "reason": ""}
NEIGHBOURS: Example = {"task_id": TASK_ID, "neighbours": [NEIGHBOUR]}

SEARCH_SPACE: Example = {
    "parameters": {
        "C": {
            "name": "FloatDistribution",
            "attributes": {"low": 0.001, "high": 1000.0, "step": None, "log": True},
        },
        "kernel": {"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf"]}},
        "gamma": {
            "name": "FloatDistribution",
            "attributes": {"low": 0.0001, "high": 10.0, "step": None, "log": True},
        },
    },
    "conditions": [{"parameter": "gamma", "parent": "kernel", "values": ["rbf"]}],
    "defaults": {"C": 1.0, "kernel": "rbf", "gamma": 0.25},
    "aliases": {"C": ["cost"]},
}
SEARCH_SPACE_KEY = "c0af699534a91464"
STORED_SEARCH_SPACE: Example = {
    "name": "svm",
    "content_key": SEARCH_SPACE_KEY,
    "search_space": SEARCH_SPACE,
    "kinds": ["binary", "multiclass", "regression"],
    "shipped": False,
    "n_studies": 1,
}
SEARCH_SPACE_PAGE: Example = {"items": [STORED_SEARCH_SPACE], "next_cursor": None}

STUDY: Example = {
    "task_id": TASK_ID,
    "search_space": SEARCH_SPACE,
    "metric": "accuracy",
    "direction": "maximize",
    "name": "iris with an SVM",
    "metadata": {"git_commit": "4f2a91c"},
}
STORED_STUDY: Example = {
    "study_id": STUDY_ID,
    "task_id": TASK_ID,
    "search_space": None,
    "search_space_key": SEARCH_SPACE_KEY,
    "metric": "accuracy",
    "direction": "maximize",
    "name": "iris with an SVM",
    "metadata": {"git_commit": "4f2a91c"},
    "n_trials": 2,
    "metrics": ["accuracy"],
    "directions": ["maximize"],
    "best_value": 0.9666666666666667,
    "created_at": MOMENT,
}
STUDY_PAGE: Example = {"items": [STORED_STUDY], "next_cursor": None}
CONFIGURATION: Example = {"C": 10.0, "kernel": "rbf", "gamma": 0.1}
TRIAL: Example = {
    "number": 0,
    "params": CONFIGURATION,
    "value": 0.9666666666666667,
    "state": "complete",
    "duration_s": 0.42,
    "intermediate_values": {},
    "constraints": [],
    "values": [],
}
TRIAL_PAGE: Example = {"items": [TRIAL], "next_cursor": None}
TRIALS_TAKEN: Example = {"study_id": STUDY_ID, "accepted": 1, "unchanged": 0, "n_trials": 1}

EXPECTED_GAIN: Example = {"mean": 0.004, "low": 0.0, "high": 0.015, "probability": 0.4}
RANKED: Example = {
    "rank": 1,
    "params": CONFIGURATION,
    "expected_regret": 0.06,
    "uncertainty": 0.04,
    "expected_duration_s": 0.5,
    "sources": [SOURCE],
    "adjustments": [],
    "failure_probability": None,
    "feasible_probability": None,
    "expected_gain": None,
}
ANSWER: Example = {
    "configurations": [RANKED],
    "strategy": "neighbours",
    "confidence": 0.8,
    "reason": "12 of 64 past tasks are alike",
    "model_version": "engine-1-d20549bef05b",
}
RECOMMENDATION_REQUEST: Example = {
    "task": {"kind": "multiclass", "meta_features": META_FEATURES},
    "search_space": "hist_gradient_boosting",
    "metric": "accuracy",
    "n_configurations": 10,
}
RECOMMENDATION: Example = {
    **ANSWER,
    "recommendation_id": "rec_8f14e45fceea467f9a5e1d2c3b4a5968",
    "task_id": None,
    "metric": "accuracy",
    "direction": "maximize",
    "explanation": None,
}
STUDY_SUGGESTIONS_REQUEST: Example = {"n": 2, "pending": [{"C": 0.5, "kernel": "linear"}]}
SUGGESTIONS_REQUEST: Example = {
    "task": {"kind": "multiclass", "meta_features": META_FEATURES},
    "search_space": SEARCH_SPACE,
    "metric": "accuracy",
    "trials": [TRIAL],
    "n": 1,
}
SUGGESTIONS: Example = {
    **ANSWER,
    "configurations": [{**RANKED, "expected_gain": EXPECTED_GAIN}],
    "study_id": STUDY_ID,
}
LEARNING_CURVES_REQUEST: Example = {
    "search_space": "hist_gradient_boosting",
    "kind": "multiclass",
    "metric": "accuracy",
    "n": 500,
}
LEARNING_CURVES: Example = {
    "items": [{"task_id": TASK_ID, "values": {"1": 0.71, "2": 0.84}, "value": 0.9}],
}


PROBLEM: Example = {
    "type": "urn:warmtune:problem:invalid_request",
    "title": "Something in the request is wrong",
    "status": 422,
    "detail": "n_configurations: input should be greater than or equal to 1",
    "code": "invalid_request",
    "field": "n_configurations",
    "value": "0",
    "limit": ">= 1",
    "request_id": "9f0c5f0e3b7a4b0e8f5c2a1d6e7b8c90",
}
