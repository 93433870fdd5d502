"""The kind of job that meta-trains a surrogate on the stored trials."""

from learning.job_context import JobContext
from learning.job_requests import NeuralTrainJob
from service.jobs.kinds import JobKind
from service.settings import Settings
from store.connections.database import Database
from store.stored_job import Json

NEURAL_TRAIN = "neural-train"


def neural_train_kind(database: Database, settings: Settings) -> JobKind:
    """Meta-training; an interrupted one resumes from its checkpoint and gives the same model."""

    def work(context: JobContext, request: Json) -> Json:
        from learning.neural.surrogate_training import SurrogateTraining  # noqa: PLC0415  # torch, when first needed

        own, asked = database.of(context.workspace), NeuralTrainJob.model_validate(request)
        return SurrogateTraining(context, asked, own, max_stored=settings.max_neural_models).run()

    return JobKind(NEURAL_TRAIN, work, is_resumable=True)
