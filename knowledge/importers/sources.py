"""What can be imported, by name."""

from enum import StrEnum


class SourceKind(StrEnum):
    """A kind of source; the values are what requests and commands call it."""

    OPTUNA_SQLITE = "optuna-sqlite"
    OPTUNA_JOURNAL = "optuna-journal"
    MLFLOW_FILES = "mlflow-files"
    MLFLOW_SQLITE = "mlflow-sqlite"
    MLFLOW_SERVER = "mlflow-server"
    WANDB = "wandb"
    RAY = "ray"
    SKLEARN = "sklearn"
    KERAS_TUNER = "keras-tuner"
    BOHB = "bohb"
    NNI = "nni"
    AX = "ax"
    RUNS = "runs"
    TABLE = "table"
    METADATASET = "metadataset"
    FOLDER = "folder"
