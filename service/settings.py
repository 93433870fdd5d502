"""Settings: environment variables with the prefix WARMTUNE_ or a file, every size limit among them."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from learning.limits import LearningRules
from service.settings_file import SettingsFile
from warmtune.vocabulary.api_key import KeyLimits
from warmtune.vocabulary.data_directory import data_directory

MIB = 2**20
GIB = 2**30

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, le=1e8, allow_inf_nan=False)]  # three years; beyond it, clocks overflow


def _default_database_url() -> str:
    return f"sqlite:///{data_directory() / 'warmtune.db'}"


def _database_url(given: object) -> object:
    """A blank variable counts as unset."""
    return given.strip() or _default_database_url() if isinstance(given, str) else given


class Settings(BaseSettings):
    """How the service runs; immutable."""

    model_config = SettingsConfigDict(env_prefix="WARMTUNE_", env_ignore_empty=True, frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one")
    database_url: Annotated[str, BeforeValidator(_database_url)] = Field(
        default_factory=_default_database_url,
        repr=False,
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    database_timeout_s: Seconds = Field(
        default=30.0, description="Longest wait for a lock or a statement of the database; then the request gets 503"
    )
    api_keys: SecretStr = Field(
        default=SecretStr(""), description="Comma-separated keys; if set, /v1 and /metrics require one"
    )
    key_requests_per_minute: Positive | None = Field(default=None, description="Limit of a key without its own limit")
    n_services: Positive = Field(
        default=1, description="Services behind one address; each allows its share of a key's requests per minute"
    )
    key_trials_per_day: Positive | None = Field(default=None, description="Limit of a key without its own limit")
    key_upload_bytes_per_day: Positive | None = Field(default=None, description="Limit of a key without its own limit")
    key_max_jobs: Positive | None = Field(
        default=None, description="Jobs of a key without its own limit that may wait or run"
    )
    audit_days: Positive = Field(default=365, description="Days for which the audit trail is stored")
    retention_jobs_days: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=30.0, description="`warmtune vacuum` deletes jobs that ended more than this many days ago"
    )
    retention_studies_days: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="`warmtune vacuum` deletes finished studies created more than this many days ago",
    )
    allow_unprotected: bool = Field(
        default=False, description="Listen on addresses that other machines can reach although no key is set"
    )
    allowed_hosts: str = Field(
        default="",
        description="Comma-separated host names under which a service without keys may be reached; * for any",
    )
    allowed_origins: str = Field(
        default="", description="Comma-separated origins whose pages may write, such as https://warmtune.example"
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR"
    )
    telemetry: bool = Field(
        default=False,
        description="Send traces to the collector that the variables OTEL_... name; needs the extra telemetry",
    )

    max_upload_bytes: Positive = Field(default=64 * MIB, description="Size of a request that carries a file")
    max_import_bytes: Positive = Field(default=2 * GIB, description="Size of a history to import")
    max_import_trials: Positive = Field(default=1_000_000, description="Trials of one import")
    import_timeout_s: Seconds = Field(
        default=1_800.0, description="Time to read one history; then the reading process is killed"
    )
    import_memory_bytes: Positive = Field(default=6 * GIB, description="Memory of the process that reads a history")
    max_json_bytes: Positive = Field(
        default=16 * MIB, description="Size of any other request, and of the form field `request`"
    )
    max_table_rows: Positive = Field(default=50_000_000, description="Rows of one table")
    max_table_columns: Positive = Field(default=10_000, description="Columns of one table")
    max_table_cells: Positive = Field(default=200_000_000, description="Cells of one table")
    max_table_bytes: Positive = Field(
        default=GIB, description="Size of a file after decompression, and of a table in memory"
    )
    max_classes: Positive = Field(default=10_000, description="Classes of a classification target")

    max_connections: Positive = Field(
        default=2_000, description="Open connections; beyond it the longest idle one is closed"
    )
    max_unread_bytes: Positive = Field(
        default=64 * MIB,
        description="Unread answers in memory, over all connections; beyond it those unread for longest are closed",
    )
    max_requests: Positive = Field(default=500, description="Requests being handled; more get 503")
    max_bodies_bytes: Positive = Field(
        default=256 * MIB, description="Bodies in memory, over all requests; with more a request gets 503"
    )
    receive_timeout_s: Seconds = Field(default=3_600.0, description="Time to receive a whole body")
    body_timeout_s: Seconds = Field(default=30.0, description="Longest pause while a body is received")

    describe_workers: Positive = Field(default=2, description="Processes that parse and describe uploads")
    describe_queue: Positive = Field(
        default=16, description="Uploads that may wait for a describing process; more get 503"
    )
    describe_timeout_s: Seconds = Field(
        default=60.0, description="Time to describe one upload; then its process is killed"
    )
    describe_memory_bytes: Positive = Field(default=4 * GIB, description="Memory of one describing process")
    spool_directory: Path | None = Field(
        default=None, description="Folder for uploads being handled; by default the system's for temporary files"
    )

    math_threads: Positive = Field(
        default=1, description="Threads of one computation, unless OMP_NUM_THREADS or a similar variable is set"
    )
    max_models: Positive = Field(default=64, description="Models kept in memory")
    mapping_until_tasks: int = Field(
        default=20,
        ge=0,
        description="Below this number of past tasks, a search space also learns from related ones; from it on, only "
        "from its own former definitions; 0 turns both off",
    )
    core_tasks: int = Field(
        default=600,
        ge=20,
        le=600,
        description="Largest number of past tasks from which anchors and prior are learned; fewer take less time",
    )
    max_past_trials: int = Field(
        default=1_000_000,
        ge=1_000,
        description="Largest number of past trials under a search space and metric that a model learns from; beyond "
        "it, only every second, third, ... task is used",
    )
    backtest_targets: Positive = Field(default=30, description="Tasks that a refit leaves out, each once")
    backtest_folds: int = Field(
        default=5, ge=2, description="Groups of left-out tasks in a backtest; each has its own model"
    )
    backtest_trials: Positive = Field(default=20, description="Trials that a backtest replays on each left-out task")
    harm_limit: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Share of past tasks on which first configurations may lose more than 0.01 against the default",
    )
    refit_margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.01, description="Mean normalised regret by which a new model version may be worse than the active one"
    )
    refit_surrogate_steps: int = Field(
        default=600, ge=50, le=100_000, description="Meta-steps of each neural surrogate that a refit tries"
    )
    warm_up: bool = Field(
        default=True, description="Fit the shipped search spaces' models in the background right after the start"
    )
    warm_describer: bool = Field(
        default=False, description="Start a process that describes tables right after the start, also without warm_up"
    )
    run_jobs: bool = Field(default=True, description="Whether the service runs jobs; false leaves them to workers")
    job_workers: Positive = Field(default=1, description="Jobs that run at the same time")
    quick_job_workers: int = Field(
        default=1, ge=0, description="Quick jobs that run in addition, so that a long job doesn't delay them"
    )
    max_queued_jobs: Positive = Field(default=100, description="Jobs that may wait; more get 503")
    max_kept_jobs: Positive = Field(default=1_000, description="Ended jobs that can still be read")
    job_timeout_s: Seconds = Field(default=6 * 3600.0, description="Time of one attempt at a job; then the job fails")
    job_lease_s: Seconds = Field(
        default=60.0, description="A running job without a heartbeat for this long counts as abandoned"
    )
    max_job_attempts: Positive = Field(
        default=5,
        description="A job fails after this many attempts in a row that ended with their process and got no further",
    )
    job_directory: Path = Field(
        default_factory=lambda: data_directory() / "jobs",
        description="Folder for the checkpoints of interrupted jobs and for histories being imported",
    )
    max_neural_models: Positive = Field(default=200, description="Stored neural models, shipped ones included")
    max_loaded_neural_models: Positive = Field(default=16, description="Neural models kept in memory")
    max_neural_train_steps: Positive = Field(default=20_000, description="Meta-steps of one training")
    max_neural_support: Positive = Field(default=1_024, description="Rows or configurations to adapt to in one request")
    max_neural_query: Positive = Field(default=10_000, description="Rows or configurations to predict in one request")
    max_neural_columns: Positive = Field(default=500, description="Columns of the rows to adapt to and to predict")
    idempotency_hours: Seconds = Field(
        default=24.0, description="Hours for which answers to repeated requests are stored"
    )
    idempotency_answers: Positive = Field(default=10_000, description="Number of answers stored for repeated requests")
    idempotency_answer_bytes: Positive = Field(
        default=2 * MIB, description="Largest answer stored for repeated requests"
    )
    request_timeout_s: Seconds = Field(default=120.0, description="Time for one answer; then the request gets 503")
    max_waiting_bodies: Positive = Field(
        default=16, description="Large bodies that may wait to be parsed; more get 503"
    )
    embedded_grace_s: Seconds = Field(
        default=120.0, description="How long an embedded service continues after its last client has disconnected"
    )
    lift_interval_s: Seconds = Field(default=300.0, description="Time between two calculations of the lift")
    shutdown_timeout_s: Seconds = Field(
        default=10.0, description="Time for requests being handled when the service stops"
    )

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917  # pydantic's signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments override the environment, which overrides the settings file."""
        return init_settings, env_settings, SettingsFile(settings_cls)

    @property
    def learning_rules(self) -> LearningRules:
        """What models are learned from."""
        return LearningRules(
            mapping_until_tasks=self.mapping_until_tasks,
            core_tasks=self.core_tasks,
            max_past_trials=self.max_past_trials,
        )

    @property
    def key_limits(self) -> KeyLimits:
        """Limits of API keys that were created without their own."""
        return KeyLimits(
            requests_per_minute=self.key_requests_per_minute,
            trials_per_day=self.key_trials_per_day,
            upload_bytes_per_day=self.key_upload_bytes_per_day,
            max_jobs=self.key_max_jobs,
        )

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """Host names under which a service without keys may be reached, besides addresses and ``localhost``."""
        return _listed(self.allowed_hosts)

    @property
    def known_origins(self) -> tuple[str, ...]:
        """Origins whose pages may write, besides the service's own."""
        return _listed(self.allowed_origins)

    @property
    def accepted_keys(self) -> tuple[str, ...]:
        """The API keys; if there are none, every caller has access."""
        return _listed(self.api_keys.get_secret_value())


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
