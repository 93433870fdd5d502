"""Values of parameters as the types that a test knows them to have."""

from warmtune.vocabulary.distributions import ParameterValue


def number(value: ParameterValue) -> float:
    """A parameter that is a number."""
    assert isinstance(value, (int, float)), value
    return float(value)
