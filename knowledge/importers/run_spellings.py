"""How Hyperopt and Nevergrad write a run down."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

Body = Mapping[str, Any]
_HYPEROPT_STATES: Final = MappingProxyType({"ok": "complete", "new": "waiting", "suspended": "waiting"})
_INNER: Final = "#"
_INDICES: Final = ".indices"


def is_hyperopt(run: Body) -> bool:
    """Whether a run is an entry of Hyperopt's ``trials.trials``."""
    misc = run.get("misc")
    return isinstance(misc, dict) and isinstance(misc.get("vals"), dict) and isinstance(run.get("result"), dict)


def from_hyperopt(run: Body) -> Body:
    """The same, like runs of other tools: each value is in a list, which is empty where the parameter is inactive."""
    result = run["result"]
    status = str(result.get("status"))
    return {
        "maker": "Hyperopt",
        "id": run.get("tid"),
        "config": {
            name: _plain(values[0])
            for name, values in run["misc"]["vals"].items()
            if isinstance(values, list) and values
        },
        "result": {name: value for name, value in result.items() if name not in ("status", "loss_variance")},
        "state": _HYPEROPT_STATES.get(status, status),
    }


def nevergrad_parameters(run: Body) -> dict[str, object]:
    """A run's own parameters, without those of the search itself: ``#...``, ``x#sigma``, the weights of choices."""
    return {
        name: value
        for name, value in run.items()
        if _INNER not in name and not (name.endswith(_INDICES) and name.removesuffix(_INDICES) in run)
    }


def _plain(value: object) -> object:
    """Whole numbers that ``json.dump(default=str)`` has made texts, since they are numpy's."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 16 else value
