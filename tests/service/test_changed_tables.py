"""Tables of trials that are imported again with more, fewer or other rows, through a live service."""

from collections.abc import Iterator, Sequence

import pytest

from metamodel.space.configuration_writer import ConfigurationWriter
from tests.service.past_studies import ok
from tests.service.test_imports import imported
from tests.serving import LiveService, start_service
from warmtune.vocabulary.space_json import search_space_from_json

ROWS = ("0,1,a,.51", "1,2,b,.52", "2,4,a,.53", "3,9,b,.54")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    running = start_service(tmp_path_factory.mktemp("changed-tables"))
    yield running
    assert running.stop() == 0


def outcome(service: LiveService, name: str, rows: Sequence[str]) -> tuple[dict[str, int], dict[str, int], list[str]]:
    """What becomes of the table's study, and of how many trials; the reasons of refusals."""
    text = "\n".join(["study,number,n,k,accuracy", *(f"{name},{row}{len(name)}" for row in rows)])  # runs of its own
    result = imported(service, text.encode(), kind="binary")
    studies, trials = (
        {key: count for key, count in result[field].items() if count} for field in ("n_studies", "n_trials")
    )
    return studies, trials, [refused["reason"] for refused in result["refused"]]


def test_an_older_copy_leaves_the_stored_search_space_as_wide_as_its_trials(service: LiveService) -> None:
    assert outcome(service, "shrunk", ROWS)[0] == {"new": 1}
    assert outcome(service, "shrunk", ROWS[:2])[:2] == ({"unchanged": 1}, {"unchanged": 2})
    (study,) = [one for one in ok(service, "GET", "/v1/studies", limit=100)["items"] if one["name"] == "shrunk"]
    path = f"/v1/studies/{study['study_id']}"
    writer = ConfigurationWriter(search_space_from_json(ok(service, "GET", f"{path}/search-space")))
    trials = ok(service, "GET", f"{path}/trials")["items"]
    assert len(trials) == 4
    assert [writer.write(trial["params"], is_whole=True)[1] for trial in trials] == [""] * 4


def test_a_part_with_further_rows_adds_these(service: LiveService) -> None:
    outcome(service, "part", ROWS)
    assert outcome(service, "part", [*ROWS[:3], "5,5,b,.58"])[:2] == ({"grown": 1}, {"new": 1, "unchanged": 3})


def test_a_part_of_which_a_trial_has_changed_is_refused(service: LiveService) -> None:
    outcome(service, "changed", ROWS)
    studies, _, (reason,) = outcome(service, "changed", [*ROWS[:2], "2,4,a,.93"])
    assert studies == {"refused": 1}
    assert reason.startswith("trial 2 is already stored as complete with other content")


def test_a_first_fraction_leaves_the_whole_numbers_before_it_the_same(service: LiveService) -> None:
    outcome(service, "fraction", ROWS)
    grown = [*ROWS, "4,2.5,c,.56"]
    assert outcome(service, "fraction", grown)[:2] == ({"moved": 1}, {"new": 1, "unchanged": 4})
    assert outcome(service, "fraction", grown)[:2] == ({"unchanged": 1}, {"unchanged": 5})
    studies, _, (reason,) = outcome(service, "fraction", [*ROWS[:3], "3,9,b,.94", "4,2.5,c,.56"])
    assert studies == {"refused": 1}
    assert "trial 3 is already stored" in reason
