"""How long a test may take by the clock, beyond which it hangs."""

import os
from collections.abc import Iterable
from typing import Final

import pytest

PROPERTY_FACTOR: Final = 5.0
"""How much longer a property test may take: it runs hundreds of examples, tens of processor seconds in all."""


def limit_s(config: pytest.Config) -> float:
    """Seconds that a test may take; 0 for no limit."""
    said = config.getoption("timeout", None) or os.environ.get("PYTEST_TIMEOUT") or config.getini("timeout") or 0
    return float(str(said))


def give_properties_time(items: Iterable[pytest.Item], seconds: float) -> None:
    """Raise the limit of property tests without one of their own.

    The limit is an exception within the test. Hypothesis takes it for a failing example and runs it again, which fails
    no more: on a busy machine a test that is only slow would be called flaky.
    """
    for item in items:
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_property and seconds and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PROPERTY_FACTOR * seconds))
