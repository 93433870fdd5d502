"""The files of a history's folder that are sent: what no reader of histories reads stays where it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LEFT_OUT_FOLDERS: Final = frozenset({"artifacts", "models", "traces", "datasets"})
"""Of an MLflow file store: models, plots and data, which may be gigabytes."""
LEFT_OUT_ENDINGS: Final = (
    *(".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".h5", ".keras", ".onnx", ".safetensors", ".npy", ".npz"),
    *(".pyc", ".so", ".png", ".jpg", ".jpeg", ".svg", ".pdf"),
)
"""Of fitted models, and of what is drawn."""
NOT_SENT: Final = "a picture, a model or an array"
"""Why a file of such an ending is not sent."""
_NEVER_SENT: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
_STORE_FILE: Final = "meta.yaml"
_OWN_TAG: Final = "mlflow."
_READ_OWN_TAGS: Final = frozenset({"mlflow.parentRunId", "mlflow.runName"})


def files_to_send(root: Path, *, keep_tag: str | None = None) -> Iterator[tuple[str | None, str]]:
    """Absolute and relative path of each file, in the order of names; links are followed only within the folder.

    Of fitted models only the relative path is given: it shows what the folder is.

    Args:
        root: The folder, resolved.
        keep_tag: A tag of MLflow's own that is read, too.
    """
    is_store = _is_store(root)
    for place, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not (is_store and name in LEFT_OUT_FOLDERS)
            and not name.startswith((".", "checkpoint_"))
            and name not in _NEVER_SENT
        )
        below = "" if place == str(root) else f"{Path(place).relative_to(root).as_posix()}/"
        is_tags = is_store and below.endswith("/tags/")
        for name in sorted(names):
            if name.lower().endswith(LEFT_OUT_ENDINGS):
                yield None, f"{below}{name}"
                continue
            if is_tags and name.startswith(_OWN_TAG) and name not in _READ_OWN_TAGS and name != keep_tag:
                continue
            path = f"{place}/{name}"
            if os.path.islink(path) and not Path(path).resolve().is_relative_to(root):  # noqa: PTH114  # texts: a store has a file for each value
                continue
            if os.path.isfile(path):  # noqa: PTH113
                yield path, f"{below}{name}"


def _is_store(root: Path) -> bool:
    """Whether a folder, or one in it, or one in those, has MLflow's description of an experiment or run."""
    near = [root, *(one for one in root.iterdir() if one.is_dir())]
    return any((one / _STORE_FILE).is_file() or any(one.glob(f"*/{_STORE_FILE}")) for one in near)
