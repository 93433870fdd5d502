"""What Prometheus collects."""

import math
import threading

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from store.connections.scope import Workspace
from store.lift import Lift

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Measures:
    """Counters and histograms of one service, and of each workspace by itself; threads may share it."""

    def __init__(self, whole: "Measures | None" = None) -> None:
        """Begin at zero.

        Args:
            whole: The service's, in which a workspace's are counted, too.
        """
        self._whole = whole
        self._workspaces: dict[int, Measures] = {}
        self._making = threading.Lock()
        self._registry = CollectorRegistry()
        self._lift = LiftGauges(self._registry) if whole is None else None
        self._requests = Counter(
            "warmtune_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._latency = Histogram(
            "warmtune_request_seconds",
            "Seconds to answer",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._trials = Counter("warmtune_trials", "Trials taken in", registry=self._registry)
        self._uploads = Histogram(
            "warmtune_describe_seconds",
            "Seconds to describe an upload",
            ["outcome"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._fits = Histogram(
            "warmtune_fit_seconds", "Seconds to learn a model", buckets=_SECONDS, registry=self._registry
        )

        self._jobs = Histogram(
            "warmtune_job_seconds",
            "Seconds of an attempt at a job",
            ["kind", "state"],
            buckets=(*_SECONDS, 300.0, 1_800.0, 7_200.0, 21_600.0),
            registry=self._registry,
        )

    def of(self, workspace: Workspace) -> "Measures":
        """Those of one workspace; what is counted there is counted in the whole, too."""
        found = self._workspaces.get(workspace.seq)
        if found is None:
            with self._making:
                found = self._workspaces.setdefault(workspace.seq, Measures(self))
        return found

    def forget(self, workspace: Workspace) -> None:
        """Let go of those of a workspace that was deleted."""
        if self._whole is not None:  # who deletes a workspace asks by the measures of its own
            self._whole.forget(workspace)
            return
        with self._making:
            self._workspaces.pop(workspace.seq, None)

    def set_lift(self, lift: Lift) -> None:
        """Note what studies gained by the service's advice; a workspace's measures don't say it."""
        if self._lift is not None:
            self._lift.set(lift)

    def count_job(self, kind: str, state: str, elapsed_s: float) -> None:
        """Note an attempt at a job and the state that it was left in."""
        self._jobs.labels(kind, state).observe(elapsed_s)
        if self._whole is not None:
            self._whole.count_job(kind, state, elapsed_s)

    def count_request(self, method: str, route: str, status: int, elapsed_s: float) -> None:
        """Note an answered request; `route` is the template, so that identifiers don't make series."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS") else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._latency.labels(known, route).observe(elapsed_s)
        if self._whole is not None:
            self._whole.count_request(method, route, status, elapsed_s)

    def count_trials(self, accepted: int) -> None:
        """Note trials that were taken in."""
        self._trials.inc(accepted)
        if self._whole is not None:
            self._whole.count_trials(accepted)

    def count_description(self, outcome: str, elapsed_s: float) -> None:
        """Note an upload that was described, refused or given up."""
        self._uploads.labels(outcome).observe(elapsed_s)
        if self._whole is not None:
            self._whole.count_description(outcome, elapsed_s)

    def count_fit(self, elapsed_s: float) -> None:
        """Note a model that was learned."""
        self._fits.observe(elapsed_s)
        if self._whole is not None:
            self._whole.count_fit(elapsed_s)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


class LiftGauges:
    """What studies gained by the service's advice, in all workspaces together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._n_studies = Gauge(
            "warmtune_lift_studies", "Latest studies that are compared with their default", registry=registry
        )
        self._regret = Gauge(
            "warmtune_first_trials_regret",
            "Mean normalised regret of the best of the first trials",
            ["trials"],
            registry=registry,
        )
        self._default = Gauge(
            "warmtune_default_regret", "Mean normalised regret of the default in these studies", registry=registry
        )
        self._default.set(math.nan)  # until there is a study: 0 would be the best that is known

    def set(self, lift: Lift) -> None:
        """Note it."""
        self._n_studies.set(lift.n_studies)
        self._default.set(lift.of_default)
        for n_trials, regret in lift.after.items():
            self._regret.labels(str(n_trials)).set(regret)
