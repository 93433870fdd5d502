"""Settings come from the environment, and each is documented."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.http.examples import FORM_REQUESTS, PROBLEMS
from service.settings import Settings
from tests.serving import ROOT
from warmtune.wire.base import Problem
from warmtune.wire.recommendations import RecommendationRequest
from warmtune.wire.tasks import TaskUploadRequest


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_MAX_UPLOAD_BYTES", "1000")
    monkeypatch.setenv("WARMTUNE_API_KEYS", " one, two ,")
    settings = Settings()
    assert settings.max_upload_bytes == 1_000
    assert settings.accepted_keys == ("one", "two")


@pytest.mark.parametrize(("given", "expected"), [(None, "1"), ("2", "2")])
def test_a_computation_takes_one_thread_unless_the_environment_says_more(given: str | None, expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    if given is not None:
        environment["OMP_NUM_THREADS"] = given
    code = (
        "from service.server import limit_math_threads as limit; limit(1); import torch; print(torch.get_num_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout.decode().strip() == expected


def test_the_database_is_by_default_in_the_users_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WARMTUNE_DATABASE_URL", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings().database_url == f"sqlite:///{tmp_path}/warmtune/warmtune.db"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings().database_url == f"sqlite:///{tmp_path}/.local/share/warmtune/warmtune.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_UPLOAD_BYTES", "0"),
        ("DESCRIBE_TIMEOUT_S", "nan"),
        ("LOG_LEVEL", "loud"),
        ("PORT", "70000"),
        ("JOB_LEASE_S", "1e300"),
    ],
)
def test_unsound_settings_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"WARMTUNE_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_secrets_are_not_shown() -> None:
    settings = Settings(api_keys="hidden-key", database_url="postgresql://me:hidden-word@host/base")  # type: ignore[arg-type]
    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings)


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    table = text[text.index("## Settings") : text.index("## How uploads")]
    documented: set[str] = set()
    for cell in re.findall(r"^\| (.+?) \|", table, flags=re.MULTILINE)[1:]:
        names = re.findall(r"`([A-Z_]+)`", cell)
        stem = names[0].rsplit("_", 1)[0] if names else ""
        documented |= {stem + name if name.startswith("_") else name for name in names}
    assert documented == {name.upper() for name in Settings.model_fields}


def test_examples_of_problems_and_forms_are_sound() -> None:
    for status, example in PROBLEMS.items():
        assert Problem.model_validate(example).status == status
    RecommendationRequest.model_validate_json(FORM_REQUESTS["RecommendationRequest"])
    TaskUploadRequest.model_validate_json(FORM_REQUESTS["TaskUploadRequest"])
