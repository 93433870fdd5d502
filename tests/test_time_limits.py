"""The time that tests have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.time_limits import PROPERTY_FACTOR, give_properties_time, limit_s


@given(st.booleans())
def test_a_property(value: bool) -> None:
    assert value in (True, False)


@pytest.mark.timeout(60)
@given(st.booleans())
def test_a_property_with_a_limit_of_its_own(value: bool) -> None:
    assert value in (True, False)


def test_properties_have_more_time_by_the_clock_than_other_tests(request: pytest.FixtureRequest) -> None:
    module = request.node.getparent(pytest.Module)
    items = {item.name: item for item in module.collect() if isinstance(item, pytest.Item) and "has" not in item.name}
    give_properties_time(items.values(), 7.0)
    limits = {name: [marker.args[0] for marker in item.iter_markers("timeout")] for name, item in items.items()}
    assert limits == {
        "test_a_property": [PROPERTY_FACTOR * 7.0],
        "test_a_property_with_a_limit_of_its_own": [60],
        "test_properties_have_more_time_by_the_clock_than_other_tests": [],
    }


def test_what_is_collected_has_that_time(request: pytest.FixtureRequest) -> None:
    limit = limit_s(request.config)
    found = [item for item in request.session.items if item.name == "test_a_property" and item.path == request.path]
    expected = [PROPERTY_FACTOR * limit] if limit else []
    assert all([marker.args[0] for marker in item.iter_markers("timeout")] == expected for item in found)
