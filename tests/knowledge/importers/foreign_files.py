"""Files as other tools leave them, and what is read from them."""

import zipfile
from pathlib import Path

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy, ForeignHistory, RefusedStudy


def read(path: Path, **given: object) -> tuple[ForeignHistory, list[ConvertedStudy]]:
    options = ImportOptions(**given)  # type: ignore[arg-type]
    history = read_history(path, options)
    converted = list(convert(history, options))
    refused = [study for study in converted if isinstance(study, RefusedStudy)]
    assert not refused, refused
    return history, [study for study in converted if isinstance(study, ConvertedStudy)]


def zipped(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def mlflow_store() -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"mlruns/1/meta.yaml": "experiment_id: '1'\nname: 'it''s one'\n"}
    for i, status in enumerate([3, 3, 3, 4, 3]):
        run = f"mlruns/1/{i:032x}"
        end = f"end_time: {1_000_500 + 1_000 * i}\n"
        files[f"{run}/meta.yaml"] = (
            f"{end}experiment_id: '1'\nlifecycle_stage: {'deleted' if i == 4 else 'active'}\nrun_id: {i:032x}\n"
            f"run_name: run {i}\nstart_time: {1_000_000 + 1_000 * i}\nstatus: {status}\n"
        )
        if i == 0:
            continue  # the parent
        files[f"{run}/params/max_depth"] = "None" if i == 2 else str(i)
        files[f"{run}/params/model/eta"] = str(0.1 * i)
        files[f"{run}/metrics/validation_r2"] = f"1000 0.{i} 0\n1001 0.{i}5 1\n"
        files[f"{run}/tags/mlflow.parentRunId"] = f"{0:032x}"
        files[f"{run}/tags/dataset"] = "houses"
    return files
