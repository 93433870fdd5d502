"""SMAC's ``runhistory.json``, of versions 1 and 2: runs by the number of their configuration."""

from collections.abc import Mapping
from typing import Any, Final

from knowledge.importers.records import RunRecord
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.run_states import state_of
from warmtune.vocabulary.trial import TrialState

_STATES: Final = (TrialState.RUNNING, TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL, TrialState.FAIL)
"""By the number of the status in version 2: running, success, crashed, out of time, out of memory."""
_WITHOUT_CPU: Final = 10  # fields of a run; newer ones have the processor's time, too
_FIELDS: Final = ("config_id", "instance", "seed", "budget", "cost", "time", "status")


def is_run_history(body: object) -> bool:
    """Whether JSON is such a history."""
    return (
        isinstance(body, dict)
        and isinstance(body.get("data"), list)
        and isinstance(body.get("configs"), dict)
        and bool(body["configs"])
    )


def smac_runs(body: Any, study: str) -> list[RunRecord]:
    """The runs; costs of several objectives are ``cost.0``, ``cost.1`` and so on.

    Raises:
        InvalidInputError: On a run that is not a run of SMAC.
    """
    configurations: Mapping[str, object] = body["configs"]
    records = []
    for place, entry in enumerate(body["data"]):
        run = _fields(entry)
        configuration = None if run is None else configurations.get(str(run["config_id"]))
        if run is None or not isinstance(configuration, dict):
            raise InvalidInputError(f"run {place} is not a run of SMAC", field=f"file.data.{place}", value=entry)
        cost, budget, seconds = run["cost"], run["budget"], run["time"]
        several = cost if isinstance(cost, list) else None
        metrics = {f"cost.{i}": _number(one) for i, one in enumerate(several)} if several else {"cost": _number(cost)}
        records.append(
            RunRecord(
                study=study,
                state=_state(run["status"], has_value=any(value is not None for value in metrics.values())),
                parameters=configuration,
                metrics=metrics,
                duration_s=_number(seconds),
                budget=_number(budget) or None,  # 0 is SMAC's word for none
            )
        )
    return records


def _fields(entry: object) -> dict[str, Any] | None:
    if isinstance(entry, dict):
        return {name: entry.get(name) for name in _FIELDS} if "config_id" in entry else None
    if not isinstance(entry, list):
        return None
    if len(entry) == 2 and all(isinstance(half, list) and len(half) >= 3 for half in entry):
        (config_id, instance, seed, *budget), (cost, seconds, status, *_) = entry
        values = (config_id, instance, seed, budget[0] if budget else None, cost, seconds, status)
    elif len(entry) >= _WITHOUT_CPU:
        values = (*entry[:6], entry[6 if len(entry) == _WITHOUT_CPU else 7])
    else:
        return None
    return dict(zip(_FIELDS, values, strict=True))


def _state(status: object, *, has_value: bool) -> TrialState:
    if isinstance(status, int) and 0 <= status < len(_STATES):
        return _STATES[status]
    return state_of(status.get("__enum__") if isinstance(status, dict) else status, has_value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
