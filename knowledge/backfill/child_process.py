"""Evaluations in a process of their own, killed where they take too long or too much memory."""

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

from knowledge.backfill.jobs import EvaluationJob, EvaluationResult, Failure, FailureKind, Outcome
from knowledge.backfill.process_use import cpu_seconds, resident_mb

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_WATCH_S = 0.25
PATIENCE = 10
_SIGKILL = -9
DEATHS = 2
"""A job whose process died is tried as often: the first death may have been somebody else's doing."""


@dataclass(frozen=True, slots=True)
class EvaluationLimits:
    """What one configuration may take.

    Attributes:
        time_s: Processor seconds of all its folds; on the clock `PATIENCE` times as long, since machines are shared.
        memory_mb: Megabytes held by the process.
    """

    time_s: float = 30.0
    memory_mb: float = 4_000.0


class Child:
    """One process that evaluates jobs one after another, and is restarted after it had to be killed.

    Not to be shared between threads, but for `interrupt`.
    """

    def __init__(self, limits: EvaluationLimits) -> None:
        self.limits = limits
        self._is_interrupted = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def evaluate(self, job: EvaluationJob) -> Outcome:
        """Evaluate a job; over a limit, or where its process dies `DEATHS` times, the outcome is a failure.

        A process that was ended from outside says nothing about the job, so a death is believed only if it repeats.
        """
        elapsed = 0.0
        outcome = Outcome(job, Failure(FailureKind.ERROR, "not evaluated"), elapsed)
        for _ in range(DEATHS):
            outcome, died = self._evaluate_once(job)
            elapsed += outcome.elapsed_s
            if not died or self._is_interrupted.is_set():
                break
        return replace(outcome, elapsed_s=elapsed)

    def _evaluate_once(self, job: EvaluationJob) -> tuple[Outcome, bool]:
        """The outcome of one attempt, and whether the process died of itself or by somebody else."""
        process = self._process if self._process is not None else self._start()
        started = time.monotonic()
        try:
            line = self._answer(process, job, started)
        except BrokenPipeError:
            line = ""
        elapsed = time.monotonic() - started
        if isinstance(line, Failure):
            self.stop()
            return Outcome(job, line, elapsed), False
        if not line.endswith("\n"):  # nothing, or the half of an answer
            code = process.wait()
            self.stop()
            kind = FailureKind.MEMORY if code == _SIGKILL else FailureKind.ERROR  # not by us: the system ran out
            return Outcome(job, Failure(kind, f"the process died {DEATHS} times, exit code {code}"), elapsed), True
        return Outcome(job, read_result(line), elapsed), False

    @property
    def process_id(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    def interrupt(self) -> None:
        """End the process from another thread: what is being evaluated there ends as a failure, and nothing follows."""
        self._is_interrupted.set()
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def _start(self) -> "subprocess.Popen[str]":
        environment = os.environ | dict.fromkeys(_THREAD_LIMITS, "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "knowledge.backfill.evaluator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        if self._is_interrupted.is_set():  # just before it was there to be killed
            self._process.kill()
        return self._process

    def _answer(self, process: "subprocess.Popen[str]", job: EvaluationJob, started: float) -> str | Failure:
        """The line that comes back, empty where the process died, or the limit that it ran over."""
        if process.stdin is None or process.stdout is None:
            return ""
        process.stdin.write(job.to_json() + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            used_before = cpu_seconds(process.pid) or 0.0
            while not selector.select(_WATCH_S):
                used = (cpu_seconds(process.pid) or 0.0) - used_before
                on_the_clock = time.monotonic() - started
                if used > self.limits.time_s or on_the_clock > PATIENCE * self.limits.time_s:
                    return Failure(FailureKind.TIME, f"killed after the limit of {self.limits.time_s:g} s")
                held = resident_mb(process.pid)
                if held is not None and held > self.limits.memory_mb:
                    detail = f"killed at {held:.0f} MB, over the limit of {self.limits.memory_mb:g} MB"
                    return Failure(FailureKind.MEMORY, detail)
        return process.stdout.readline()


def read_result(line: str) -> EvaluationResult | Failure:
    """What `knowledge.backfill.evaluator.answer` wrote."""
    body = json.loads(line)
    if "failure" in body:
        return Failure(FailureKind(body["failure"]), body["detail"])
    folds = {metric: tuple(values) for metric, values in body["folds"].items()}
    return EvaluationResult(folds, tuple(body["seconds"]), body["peak_mb"])
