"""Stored studies written to files, and read back as they were."""

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from typer.testing import CliRunner

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.optuna_studies import fill, journal
from tests.serving import LiveService, start_service
from warmtune.cli.app import app
from warmtune.client import Client
from warmtune.histories.upload_file import packed
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    directory = tmp_path_factory.mktemp("exports")
    running = start_service(directory)
    fill(journal(directory / "optuna.log"), n_studies=2, n_trials=25)
    with Client(running.url) as client:
        client.import_history(directory / "optuna.log", kind="multiclass", studies=["conditional 0", "conditional 1"])
    yield running
    assert running.stop() == 0


@pytest.fixture
def client(service: LiveService) -> Iterator[Client]:
    with Client(service.url) as opened:
        yield opened


def kept(client: Client) -> dict[str, list[Trial]]:
    studies = client.list_studies(own=True).items
    return {study.name or "": list(client.list_trials(study.study_id, limit=500).items) for study in studies}


def read_back(path: Path) -> dict[str, ConvertedStudy]:
    options = ImportOptions(kind=TaskKind.MULTICLASS, metric="accuracy")
    with packed(path) as upload:
        found = list(convert(read_history(upload.content, options), options))
    assert all(isinstance(study, ConvertedStudy) for study in found), found
    return {study.name: study for study in found if isinstance(study, ConvertedStudy)}


def test_an_optuna_storage_has_the_same_trials(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "exported.log"
    report = client.export_history(path)
    assert (report.form, report.n_studies, report.n_trials) == ("optuna", 2, 50)
    trials = kept(client)
    for name, study in read_back(path).items():
        assert study.metric == "accuracy"
        assert study.task_name == name.replace("conditional", "toy")
        assert [t.configuration for t in trials_of(study)] == [t.configuration for t in trials[name]]
        assert [(t.state, t.value) for t in trials_of(study)] == [(t.state, t.value) for t in trials[name]]
        assert [t.intermediate_values for t in trials_of(study)] == [t.intermediate_values for t in trials[name]]
        for ours, theirs in zip(trials_of(study), trials[name], strict=True):
            assert ours.duration_s == pytest.approx(theirs.duration_s, abs=1e-5)
    opened = optuna.load_study(study_name="conditional 0", storage=journal(path))
    assert opened.best_value == max(t.value for t in trials["conditional 0"] if t.state.value == "complete" and t.value)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_table_has_the_same_trials(client: Client, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"exported.{ending}"
    assert client.export_history(path).form == "table"
    trials = kept(client)
    for name, study in read_back(path).items():
        own = name.split(" / ")[0]
        assert [(t.number, t.state, t.configuration) for t in trials_of(study)] == [
            (t.number, t.state, t.configuration) for t in trials[own]
        ]
        assert [t.value for t in trials_of(study)] == pytest.approx([t.value for t in trials[own]])


def test_a_folder_has_the_search_space_too(client: Client, tmp_path: Path) -> None:
    report = client.export_history(tmp_path / "folder")
    assert report.form == "metadataset"
    studies = read_back(tmp_path / "folder")
    space = client.get_study_search_space(client.list_studies(own=True).items[0].study_id)
    assert set(studies) == {"toy 0", "toy 1"}
    for study in studies.values():
        assert study.space.parameters.keys() == space.parameters.keys()
        assert {(c.parameter, c.parent) for c in study.space.conditions} == {
            (c.parameter, c.parent) for c in space.conditions
        }
        assert not study.left_out


def test_nothing_is_overwritten_and_nothing_is_no_export(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "there.csv"
    path.write_text("mine")
    with pytest.raises(InvalidInputError, match="already exists"):
        client.export_history(path)
    assert path.read_text() == "mine"
    with pytest.raises(InvalidInputError, match="no format"):
        client.export_history(tmp_path / "x.docx")
    with pytest.raises(InvalidInputError, match="no such trial"):
        client.export_history(tmp_path / "x.csv", search_space="random_forest")


@pytest.mark.parametrize("ending", [".db", ".log", ".csv", ".json", ".parquet"])
def test_a_file_s_folder_is_made(client: Client, tmp_path: Path, ending: str) -> None:
    client.export_history(tmp_path / "new" / f"exported{ending}")
    assert (tmp_path / "new" / f"exported{ending}").stat().st_size > 0


@pytest.mark.parametrize(
    "target", ["", None, 3, b"x.csv", "x\0.csv", "sqlite:////no/such/folder/x.db", "mysql://x/y", "a://b"]
)
def test_a_target_that_cannot_be_written_is_named(client: Client, target: object) -> None:
    with pytest.raises((InvalidInputError, MissingExtraError)) as caught:
        client.export_history(target)  # type: ignore[arg-type]
    assert caught.value.field == "target"


@pytest.mark.parametrize("ending", [".db", ".log", ".csv", ".json", ".parquet"])
def test_a_file_where_a_folder_must_be_is_named(client: Client, tmp_path: Path, ending: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match="can't be written") as caught:
        client.export_history(tmp_path / "file" / f"x{ending}")
    assert caught.value.field == "target"


def test_the_commands_import_and_export(service: LiveService, tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words), env={"WARMTUNE_URL": service.url})
        return done.exit_code, done.output

    out = tmp_path / "exported.log"
    assert run("export", str(out)) == (0, f"{out}: 2 studies, 50 trials (optuna)\n")
    code, text = run("import", str(out), "--dry-run", "--sent-by", "Ada")
    assert code == 2
    assert "Studies would be 2 refused. Trials: 50 refused" in " ".join(text.split())
    assert "its trials are stored already" in " ".join(text.split())
    code, text = run("import", str(out), "--study", "conditional 0", "--direction", "minimize")
    assert code == 2
    assert "minimize was passed" in " ".join(text.split())
    code, text = run("import", str(tmp_path / "nothing.db"))
    assert (code, "there is no file" in text) == (2, True)
    code, text = run("import", str(out), "--column", "novalue")
    assert (code, "is not NAME=ROLE" in text) == (2, True)
