"""The sampler that fills in, one for each study."""

import copy
import logging
from typing import Final

from optuna.samplers import BaseSampler
from optuna.study import Study

from warmtune.optuna.process_lock import ProcessLock

MAX_STUDIES: Final = 256
"""Of a process at a time: the one that came first begins with a new copy when it is asked for again."""
_logger = logging.getLogger(__name__)


class Fallbacks:
    """Copies of one sampler: Optuna's keep what they have seen of a study, and several refuse a second one.

    The first study has the given object, so that its owner can look at it. Threads may share this.
    """

    def __init__(self, sampler: BaseSampler) -> None:
        """Keep it as it is now for further studies; one that can't be copied serves them all."""
        self._sampler = sampler
        try:
            self._unused: BaseSampler | None = copy.deepcopy(sampler)
        except Exception:  # noqa: BLE001  # whatever the user's own sampler holds: a lock, a connection
            self._unused = None
        self._by_study: dict[tuple[str, int], BaseSampler] = {}
        self._has_warned = False
        self._lock = ProcessLock()

    @property
    def name(self) -> str:
        """Of the sampler's class."""
        return type(self._sampler).__name__

    def of_study(self, study: Study) -> BaseSampler:
        """The study's own."""
        key = (study.study_name, study._study_id)
        with self._lock:
            if key not in self._by_study:
                own = None if not self._by_study else copy.deepcopy(self._unused)
                if own is None and self._by_study and not self._has_warned:
                    self._has_warned = True
                    _logger.warning("%s can't be copied: its draws of several studies depend on each other", self.name)
                self._by_study[key] = own or self._sampler
                if len(self._by_study) > MAX_STUDIES:
                    del self._by_study[next(iter(self._by_study))]
            return self._by_study[key]

    def reseed_rng(self) -> None:
        """Make the draws differ from those of a copy."""
        with self._lock:
            each = [self._sampler, *([] if self._unused is None else [self._unused])]
            each += [sampler for sampler in self._by_study.values() if sampler is not self._sampler]
        for sampler in each:
            sampler.reseed_rng()
