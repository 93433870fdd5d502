"""Tables of known makers: by which columns they are recognised, and what their columns are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from warmtune.vocabulary.metrics import Direction


class FieldRole(StrEnum):
    """What a column is.

    Rows of the same run are reports of one trial, by step; a row with less than its study's largest budget is a trial
    that was not evaluated whole. A metric's name and its direction are a study's; constraints are a list of numbers,
    each at most 0 where it is met.
    """

    STUDY = "study"
    TASK = "task"
    NUMBER = "number"
    RUN = "run"
    STEP = "step"
    BUDGET = "budget"
    STATE = "state"
    METRIC = "metric"
    METRIC_NAME = "metric_name"
    DIRECTION = "direction"
    CONSTRAINTS = "constraints"
    DURATION = "duration"
    START = "start"
    END = "end"
    PARAMETER = "parameter"
    NOTE = "note"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Layout:
    """Tables of one maker.

    Attributes:
        name: Of the maker, for people.
        marks: Patterns of columns, all of which such a table has.
        roles: Pattern and role, the first that fits counts; a group in it is the name of the parameter or metric.
        direction: Which way all of its metrics are better, or None.
        otherwise: What a column is that no pattern fits; None where its name may say.
        has_unique_studies: Whether a study's name distinguishes it from all others of the table, whatever its task.
    """

    name: str
    marks: tuple[str, ...]
    roles: tuple[tuple[str, FieldRole], ...]
    direction: Direction | None = None
    otherwise: FieldRole | None = FieldRole.IGNORED
    has_unique_studies: bool = False


_PARAMETERS: Final = r"(?i:hyper[-_ ]?param(?:eter)?s?|hparams?|param(?:eter)?s?|config|args)[/.:]"
_METRICS: Final = r"(?i:(?:last_|latest_|summary_|final_)?metrics?|summary|results?|scores?)[/.:]"
"""By what the names of columns begin, in tables of tools that nobody has described here."""

LAYOUTS: Final = (
    Layout(
        "scikit-learn's cv_results_",
        (r"param_.+|params", r"mean_test_.+"),
        (
            (r"param_(.+)", FieldRole.PARAMETER),
            (r"(mean_test_.+)", FieldRole.METRIC),
            (r"mean_fit_time", FieldRole.DURATION),
            (r"n_resources", FieldRole.BUDGET),
        ),
        direction=Direction.MAXIMIZE,
    ),
    Layout(
        "an export of Warmtune's",
        (r"params_.+", r"metric", r"direction", r"user_attrs_exported_from"),
        (
            (r"params_(.+)", FieldRole.PARAMETER),
            (r"value", FieldRole.METRIC),
            (r"metric", FieldRole.METRIC_NAME),
            (r"direction", FieldRole.DIRECTION),
            (r"number", FieldRole.NUMBER),
            (r"state", FieldRole.STATE),
            (r"duration", FieldRole.DURATION),
            (r"study", FieldRole.STUDY),
            (r"user_attrs_dataset", FieldRole.TASK),
            (r"user_attrs_(.+)", FieldRole.NOTE),
            (r"system_attrs_constraints", FieldRole.CONSTRAINTS),
        ),
        has_unique_studies=True,
    ),
    Layout(
        "Optuna's trials_dataframe",
        (r"params_.+", r"state", r"value|values_.+"),
        (
            (r"params_(.+)", FieldRole.PARAMETER),
            (r"value", FieldRole.METRIC),
            (r"values_(.+)", FieldRole.METRIC),
            (r"number", FieldRole.NUMBER),
            (r"state", FieldRole.STATE),
            (r"duration", FieldRole.DURATION),
            (r"datetime_start", FieldRole.START),
            (r"datetime_complete", FieldRole.END),
            (r"study|study_name", FieldRole.STUDY),
            (r"user_attrs_(?:dataset|task)", FieldRole.TASK),
            (r"user_attrs_(.+)", FieldRole.NOTE),
            (r"system_attrs_constraints", FieldRole.CONSTRAINTS),
        ),
    ),
    Layout(
        "MLflow's search_runs",
        (r"params\..+", r"metrics\..+", r"run_id"),
        (
            (r"params\.(.+)", FieldRole.PARAMETER),
            (r"metrics\.(.+)", FieldRole.METRIC),
            (r"status", FieldRole.STATE),
            (r"start_time", FieldRole.START),
            (r"end_time", FieldRole.END),
            (r"experiment_id", FieldRole.STUDY),
            (r"tags\.(?:dataset|task)", FieldRole.TASK),
        ),
    ),
    Layout(
        "Ray Tune's results",
        (r"config/.+", r"trial_id|time_total_s|training_iteration"),
        (
            (r"config/(.+)", FieldRole.PARAMETER),
            (r"time_total_s", FieldRole.DURATION),
            (r"trial_id", FieldRole.RUN),
            (r"training_iteration", FieldRole.STEP),
            (r"date|timestamp|pid|hostname|node_ip|done|logdir", FieldRole.IGNORED),
            (
                r"(?:time|timesteps|iterations|experiment|episodes)_.+|should_checkpoint|checkpoint.*",
                FieldRole.IGNORED,
            ),
        ),
        otherwise=FieldRole.METRIC,
    ),
    Layout(
        "Weights & Biases' runs",
        (r"Name", r"State", r"Created|Runtime"),
        (
            (r"State", FieldRole.STATE),
            (r"Runtime", FieldRole.DURATION),
            (r"Sweep|Group", FieldRole.STUDY),
            (r"Name|ID|Notes|User|Tags|Created|End Time|Hostname|_.+", FieldRole.IGNORED),
        ),
        otherwise=None,
    ),
    Layout(
        "Syne Tune's results",
        (r"config_.+", r"trial_id", r"st_.+"),
        (
            (r"config_(.+)", FieldRole.PARAMETER),
            (r"trial_id", FieldRole.RUN),
            (r"epoch|step|iteration", FieldRole.STEP),
            (r"st_worker_time|elapsed_time", FieldRole.DURATION),
            (r"st_.+|time_.+|tuner_.+", FieldRole.IGNORED),
        ),
        otherwise=FieldRole.METRIC,
    ),
    Layout(
        "Neptune's runs",
        (r"sys/.*id|Id|ID", r"(?:hyper)?param(?:eter)?s/.+"),
        (
            (r"(?:hyper)?param(?:eter)?s/(.+)", FieldRole.PARAMETER),
            (r"metrics/(.+?)(?: \((?:last|average|min|max)\))?", FieldRole.METRIC),
            (r"((?:val|valid|validation|test|eval|train|training)/.+?)(?: \(last\))?", FieldRole.METRIC),
            (r"sys/state", FieldRole.STATE),
            (r"sys/running_time", FieldRole.DURATION),
            (r"sys/group_tags|sys/tags", FieldRole.IGNORED),
            (r"(?:dataset|task)(?:/.*)?", FieldRole.TASK),
        ),
    ),
    Layout(
        "ClearML's page",
        (r"(?i:status)", r"(?i:project|started|iteration)", r"(?:Args|General|Hydra|Hyperparameters)/.+"),
        (
            (r"(?:Args|General|Hydra|Hyperparameters)/(.+)", FieldRole.PARAMETER),
            (r"(.+) \((?:Last|Min|Max|Mean|Value)\)", FieldRole.METRIC),
            (r"(?:Metrics|Summary)[/.](.+)", FieldRole.METRIC),
            (r"(?i:status)", FieldRole.STATE),
            (r"(?i:project)", FieldRole.STUDY),
        ),
    ),
    Layout(
        "ClearML's experiments",
        (r"hyperparams\.[^/]+/.+", r"last_metrics\..+"),
        (
            (r"hyperparams\.[^/]+/(.+)", FieldRole.PARAMETER),
            (r"last_metrics\.(.+)", FieldRole.METRIC),
            (r"status", FieldRole.STATE),
            (r"project(?:\.name)?", FieldRole.STUDY),
        ),
    ),
    Layout(
        "the CSV of Optuna's dashboard",
        (r"Number", r"State", r"Param .+"),
        (
            (r"Param (.+)", FieldRole.PARAMETER),
            (r"Value|Objective .*", FieldRole.METRIC),
            (r"Number", FieldRole.NUMBER),
            (r"State", FieldRole.STATE),
            (r"Duration.*", FieldRole.DURATION),
            (r"UserAttribute (?:dataset|task)", FieldRole.TASK),
        ),
    ),
    Layout(
        "TensorBoard's hyperparameters",
        (r"trial_id", r"show_metrics"),
        ((r"trial_id|show_metrics", FieldRole.IGNORED),),
        otherwise=None,
    ),
    Layout(
        "Comet's experiments",
        (r"experiment_key",),
        ((r"experiment_key|name|.*_user_name|file_name|git_.+", FieldRole.IGNORED),),
        otherwise=None,
    ),
    Layout(
        "Ax's trials",
        (r"trial_index", r"arm_name"),
        (
            (r"trial_index", FieldRole.NUMBER),
            (r"trial_status", FieldRole.STATE),
            (r"arm_name|generation_.+|fail_reason|is_feasible|.+_sem", FieldRole.IGNORED),
        ),
        otherwise=None,
    ),
    Layout(
        "Katib's trials",
        (r"[tT]rialName", r"(?:trial)?[sS]tatus"),
        (
            (r"(?:trial)?[sS]tatus", FieldRole.STATE),
            (r"[tT]rialName|KFP Run.*", FieldRole.IGNORED),
        ),
        otherwise=None,
    ),
    Layout(
        "scikit-optimize's result",
        (r"func_vals",),
        ((r"func_vals", FieldRole.METRIC),),
        direction=Direction.MINIMIZE,
        otherwise=None,
    ),
    Layout(
        "DEHB's history",
        (r"config_id", r"fitness"),
        (
            (r"fitness", FieldRole.METRIC),
            (r"cost", FieldRole.DURATION),
            (r"fidelity|budget", FieldRole.BUDGET),
            (r"config_id|info.*", FieldRole.IGNORED),
        ),
        direction=Direction.MINIMIZE,
        otherwise=None,
    ),
    Layout(
        "a tool's table of runs",
        (rf"{_PARAMETERS}.+", rf"{_METRICS}.+"),
        (
            (rf"{_PARAMETERS}(.+)", FieldRole.PARAMETER),
            (rf"{_METRICS}(.+)", FieldRole.METRIC),
            (r"(?i:state|status|run state)", FieldRole.STATE),
            (r"(?i:duration|runtime|seconds)", FieldRole.DURATION),
            (r"(?i:start(?:ed)?(?:_at| time|_time)?)", FieldRole.START),
            (r"(?i:end(?:ed)?(?:_at| time|_time)?|finished(?:_at)?)", FieldRole.END),
            (r"(?i:study|sweep|group|project|experiment)(?i:_?name|_?id)?", FieldRole.STUDY),
            (r"(?i:dataset|task)(?i:_?name|_?id)?", FieldRole.TASK),
        ),
    ),
)
