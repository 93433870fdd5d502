"""The same backfill on a Dask cluster, one of whose workers is killed meanwhile."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from knowledge.backfill.child_process import EvaluationLimits
from knowledge.backfill.datasets import read_datasets
from knowledge.backfill.engines import engine_of
from knowledge.backfill.jobs import EvaluationResult
from knowledge.backfill.mass_tuning import backfill
from knowledge.backfill.outcome_log import read_log
from knowledge.backfill.plan import BackfillPlan, plan_portions
from tests.knowledge.tables import write_folder

distributed = pytest.importorskip("distributed")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cluster_that_loses_a_worker_does_every_job_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    spaces = frozenset({"linear", "knn"})
    portions = plan_portions(
        read_datasets(folder), BackfillPlan(n_configurations=3, max_rows=60), past={}, spaces=spaces
    )
    planned = [job.key for portion in portions for job in portion.jobs()]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        address = "dask://" + cluster.scheduler_address.removeprefix("tcp://")
        engine = engine_of(address, n_workers=2, limits=EvaluationLimits(time_s=60))
        killed = False
        for outcome, progress in backfill(portions, tmp_path / "log.jsonl", engine=engine):
            assert isinstance(outcome.result, EvaluationResult)
            if progress.n_done == 4:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
                killed = True
    assert killed
    counts = Counter(record.key for record in read_log(tmp_path / "log.jsonl"))
    assert counts == Counter(planned) and len(planned) == 18
