"""How many requests a minute the holder of a key sends to this service."""

import threading
import time
from collections import OrderedDict
from typing import Final

from service.api_keys.ring import Caller
from warmtune.vocabulary.errors import RateLimitError

_MAX_KEYS: Final = 100_000
_MINUTE_S: Final = 60.0


class RequestRates:
    """Lets through so many requests a minute of each key; threads may share it.

    The generic cell rate algorithm (ATM Forum, Traffic Management 4.0, 1996): a key's theoretical arrival time moves on
    by a minute's share with every request, and may be a minute ahead. So a whole minute's requests may come at once,
    and then one each share; what is refused costs nothing. Each service counts for itself, and takes its part of the
    limit where several share the requests; one request at a time in any case.
    """

    def __init__(self, *, n_services: int = 1) -> None:
        """Begin to count.

        Args:
            n_services: Among which requests are shared evenly.
        """
        self._n_services = n_services
        self._lock = threading.Lock()
        self._arrivals: OrderedDict[str, float] = OrderedDict()

    def check(self, caller: Caller) -> None:
        """Count a request.

        Raises:
            RateLimitError: If the key has sent too many; says after how many seconds the next one is taken.
        """
        limit = caller.limits.requests_per_minute
        if limit is None:
            return
        now, share_s = time.monotonic(), _MINUTE_S * self._n_services / limit
        ahead_s = max(_MINUTE_S, share_s)
        with self._lock:
            arrival = max(self._arrivals.get(caller.name, now), now) + share_s
            wait_s = arrival - now - ahead_s
            if wait_s <= 1e-9:
                self._arrivals[caller.name] = arrival
                self._arrivals.move_to_end(caller.name)
                while len(self._arrivals) > _MAX_KEYS:
                    self._arrivals.popitem(last=False)
                return
        raise RateLimitError(
            f"the key {caller.name} has exceeded its requests per minute",
            field="header.authorization",
            limit=f"{limit} requests a minute",
            retry_after_s=wait_s,
        )
