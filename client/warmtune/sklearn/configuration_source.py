"""Where a search's configurations come from: a service that knows past tuning, or cold TPE."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from optuna.samplers import BaseSampler, TPESampler

from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.sklearn.plan import Plan
from warmtune.tables.description import describe_task
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, WarmtuneError
from warmtune.wire.bodies import task_ids_of

ANSWER_TIMEOUT_S = 180.0
"""A service that has just been started learns from its knowledge base before it answers for the first time."""


class ColdStartWarning(UserWarning):
    """A search that was to start warm starts cold; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who is asked, and what may be learned from.

    Attributes:
        client: The user's own, or None.
        url: The service's address, or None for that of ``WARMTUNE_URL``, else an embedded one.
        api_key: Its key, or None.
        reports: Whether trials are reported, so that later searches learn from them.
        exclude_task_ids: Past tasks that must not be learned from.
        n_startup: Size of the recommended batch; suggestions follow it.
        timeout_s: Of the search: an answer isn't waited for longer.
    """

    client: Client | None
    url: str | None
    api_key: str | None
    reports: bool
    exclude_task_ids: Iterable[str]
    n_startup: int
    timeout_s: float | None

    def __post_init__(self) -> None:
        """Check what is given.

        Raises:
            InvalidInputError: On another object as client, or an address or key beside one.
        """
        given: object = self.client
        if given is not None and not isinstance(given, Client):
            raise InvalidInputError(
                f"client is {with_article(type(given).__name__)}",
                field="client",
                value=given,
                limit="a warmtune.Client, or None",
            )
        for field, value in (("url", self.url), ("api_key", self.api_key)):
            if given is not None and value is not None:
                raise InvalidInputError(f"the client has its own {field}", field=field, limit="None beside client")
        task_ids_of(self.exclude_task_ids, "exclude_task_ids")


@contextmanager
def warm_sampler(
    service: Service | None, plan: Plan, nominal: Sequence[str] | None, *, seed: int
) -> Iterator[BaseSampler]:
    """A sampler that starts warm where that can be had, else Optuna's `TPESampler`, with a warning.

    Args:
        service: Who is asked; None to start cold on purpose.
        plan: What is searched.
        nominal: Columns whose numbers are category codes.
        seed: Of the `TPESampler`, which also fills in.

    Yields:
        The sampler; a client that was opened for it is closed afterwards.

    Raises:
        InvalidInputError: On an address or a key that can't be one.
    """
    client, sampler = None, None
    if service is not None:
        try:
            client = _opened(service) if service.client is None else service.client
            sampler = _sampler(client, service, plan, nominal, seed=seed)
        except WarmtuneError as error:
            if isinstance(error, InvalidInputError) and not isinstance(error, InvalidTableError):
                _close(client, service)
                raise
            message = f"the search starts cold, as Optuna's TPE would: {error}"
            warnings.warn(message, ColdStartWarning, stacklevel=5)  # where fit was called
    try:
        yield TPESampler(seed=seed) if sampler is None else sampler
    finally:
        _close(client, service)


def _opened(service: Service) -> Client:
    longest = ANSWER_TIMEOUT_S if service.timeout_s is None else min(ANSWER_TIMEOUT_S, service.timeout_s)
    return Client(service.url, api_key=service.api_key, timeout_s=longest)


def _sampler(
    client: Client, service: Service, plan: Plan, nominal: Sequence[str] | None, *, seed: int
) -> WarmtuneSampler:
    if plan.kind is None:
        raise InvalidTableError("past tasks exist only for tables with one target of classes or numbers", field="y")
    task = describe_task(plan.data.X, plan.data.y, kind=plan.kind, metric=plan.scoring.metric, nominal=nominal)
    client.health()
    return WarmtuneSampler(
        client,
        task,
        search_space=plan.searched.asked,
        metric=plan.scoring.metric,
        n_startup=service.n_startup,
        seed=seed,
        report=service.reports,
        exclude_task_ids=service.exclude_task_ids,
    )


def _close(client: Client | None, service: Service | None) -> None:
    if client is not None and service is not None and service.client is None:
        client.close()
