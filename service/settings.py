"""Settings: environment variables with the prefix WARMTUNE_ or a file, every size limit among them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.settings_file import SettingsFile
from warmtune.vocabulary.api_key import KeyLimits
from warmtune.vocabulary.data_directory import data_directory

MIB = 2**20
GIB = 2**30

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _default_database_url() -> str:
    return f"sqlite:///{data_directory() / 'warmtune.db'}"


class Settings(BaseSettings):
    """How the service runs; immutable."""

    model_config = SettingsConfigDict(env_prefix="WARMTUNE_", frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="Where `python -m service.server` listens")
    port: int = Field(default=8000, ge=0, le=65_535, description="0 takes a free one")
    database_url: str = Field(
        default_factory=_default_database_url,
        repr=False,
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    database_timeout_s: Seconds = Field(
        default=30.0, description="For a lock or a statement of the database; then the request gets 503"
    )
    api_keys: SecretStr = Field(
        default=SecretStr(""), description="Comma-separated; when set, /v1 and /metrics want one of them"
    )
    key_requests_per_minute: Positive | None = Field(default=None, description="Of a key without a limit of its own")
    n_services: Positive = Field(
        default=1, description="Services behind one address: each takes its part of a key's requests a minute"
    )
    key_trials_per_day: Positive | None = Field(default=None, description="Of a key without a limit of its own")
    key_upload_bytes_per_day: Positive | None = Field(default=None, description="Of a key without a limit of its own")
    key_max_jobs: Positive | None = Field(default=None, description="Of a key without a limit of its own, at once")
    audit_days: Positive = Field(default=365, description="For which the audit trail is stored")
    retention_jobs_days: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=30.0, description="`warmtune vacuum` forgets jobs that ended longer ago"
    )
    retention_studies_days: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="`warmtune vacuum` forgets finished studies that were made longer ago, with their trials",
    )
    allow_unprotected: bool = Field(
        default=False, description="Listen where other machines can reach the service, although no key is set"
    )
    allowed_hosts: str = Field(
        default="", description="Comma-separated names by which a service without keys may be spoken to; * for any"
    )
    allowed_origins: str = Field(
        default="", description="Comma-separated origins whose pages may write, such as https://warmtune.example"
    )
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    telemetry: bool = Field(
        default=False, description="Send traces to the collector that the variables OTEL_... name; needs an extra"
    )

    max_upload_bytes: Positive = Field(default=64 * MIB, description="A request that carries a file")
    max_import_bytes: Positive = Field(default=2 * GIB, description="A history that is sent to be imported")
    max_import_trials: Positive = Field(default=1_000_000, description="Trials of one import")
    import_timeout_s: Seconds = Field(default=1_800.0, description="For reading one history; then that is killed")
    import_memory_bytes: Positive = Field(default=6 * GIB, description="Memory of the process that reads it")
    max_json_bytes: Positive = Field(default=16 * MIB, description="Any other request, and the field `request`")
    max_table_rows: Positive = 50_000_000
    max_table_columns: Positive = 10_000
    max_table_cells: Positive = 200_000_000
    max_table_bytes: Positive = Field(default=GIB, description="A file after decompression, a table in memory")
    max_classes: Positive = 10_000

    max_connections: Positive = Field(default=2_000, description="Open connections; with more the idlest is closed")
    max_requests: Positive = Field(default=500, description="Requests under way; more get 503")
    max_bodies_bytes: Positive = Field(default=256 * MIB, description="Bodies in memory, all requests together")
    receive_timeout_s: Seconds = Field(default=3_600.0, description="For a whole body, however steadily it comes in")
    body_timeout_s: Seconds = Field(default=30.0, description="That a body may pause while it comes in")

    describe_workers: Positive = Field(default=2, description="Processes that parse and describe uploads")
    describe_queue: Positive = Field(default=16, description="Uploads that may wait for one; more get 503")
    describe_timeout_s: Seconds = Field(default=60.0, description="For one upload; then its process is killed")
    describe_memory_bytes: Positive = Field(default=4 * GIB, description="Memory of one such process")
    spool_directory: Path | None = Field(default=None, description="For uploads under way; by default the system's")

    math_threads: Positive = Field(
        default=1, description="Threads of one computation, unless OMP_NUM_THREADS or its like are set"
    )
    max_models: Positive = Field(default=64, description="Models kept in memory")
    mapping_until_tasks: int = Field(
        default=20,
        ge=0,
        description="A search space with so many past tasks of its own learns from no other's; 0: none ever does",
    )
    backtest_targets: Positive = Field(default=30, description="Tasks that a refit leaves out, each once")
    backtest_folds: int = Field(default=5, ge=2, description="In how many groups, each with a model of its own")
    backtest_trials: Positive = Field(default=20, description="Trials that are replayed on each")
    harm_limit: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Share of past tasks on which first configurations may be worse than the default by more than 0.01",
    )
    refit_margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.01, description="So much mean normalised regret may a new model version be worse"
    )
    refit_surrogate_steps: int = Field(
        default=600, ge=50, le=100_000, description="Meta-steps of each neural surrogate that a refit tries"
    )
    warm_up: bool = Field(
        default=True, description="Learn the shipped search spaces' models right after the start, in the background"
    )
    run_jobs: bool = Field(default=True, description="Whether the service does jobs, or leaves them to workers")
    job_workers: Positive = Field(default=1, description="Jobs that are done at the same time")
    quick_job_workers: int = Field(
        default=1, ge=0, description="Quick jobs that are done besides, so that a long one doesn't keep them waiting"
    )
    max_queued_jobs: Positive = Field(default=100, description="Jobs that may wait; more get 503")
    max_kept_jobs: Positive = Field(default=1_000, description="Jobs that ended and can still be asked for")
    job_timeout_s: Seconds = Field(default=6 * 3600.0, description="For one attempt at a job; then it fails")
    job_lease_s: Seconds = Field(
        default=60.0, description="Without a sign of life for so long, a running job is given up"
    )
    max_job_attempts: Positive = Field(default=5, description="A job whose service died so often is not begun again")
    job_directory: Path = Field(
        default_factory=lambda: data_directory() / "jobs", description="Where interrupted jobs leave their checkpoints"
    )
    max_neural_models: Positive = Field(default=200, description="Neural models that are stored")
    max_loaded_neural_models: Positive = Field(default=16, description="Of these, kept in memory")
    max_neural_train_steps: Positive = Field(default=20_000, description="Meta-steps of one training")
    max_neural_support: Positive = Field(default=1_024, description="Rows or configurations to adapt to")
    max_neural_query: Positive = Field(default=10_000, description="Rows or configurations to predict")
    max_neural_columns: Positive = Field(default=500, description="Columns of such rows")
    idempotency_hours: Seconds = Field(default=24.0, description="How long answers are stored for repeated requests")
    idempotency_answers: Positive = Field(default=10_000, description="How many of them at most")
    idempotency_answer_bytes: Positive = Field(default=2 * MIB, description="A larger answer is not stored")
    request_timeout_s: Seconds = Field(default=120.0, description="For one answer; then the request gets 503")
    max_waiting_bodies: Positive = Field(default=16, description="Large bodies that may wait to be read; more get 503")
    embedded_grace_s: Seconds = Field(
        default=30.0, description="How long an embedded service outlives its last user, who may come again"
    )
    lift_interval_s: Seconds = Field(default=300.0, description="Between two looks at what studies gained by advice")
    shutdown_timeout_s: Seconds = Field(default=10.0, description="For requests under way when the service stops")

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917  # pydantic's signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments come first, then the environment, then the file that it names."""
        return init_settings, env_settings, SettingsFile(settings_cls)

    @property
    def key_limits(self) -> KeyLimits:
        """Limits of API keys that were made without their own."""
        return KeyLimits(
            requests_per_minute=self.key_requests_per_minute,
            trials_per_day=self.key_trials_per_day,
            upload_bytes_per_day=self.key_upload_bytes_per_day,
            max_jobs=self.key_max_jobs,
        )

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """Names by which a service without keys may be spoken to, besides addresses and ``localhost``."""
        return _listed(self.allowed_hosts)

    @property
    def known_origins(self) -> tuple[str, ...]:
        """Origins whose pages may write, besides the service's own."""
        return _listed(self.allowed_origins)

    @property
    def accepted_keys(self) -> tuple[str, ...]:
        """The API keys; none means that everyone is let in."""
        return _listed(self.api_keys.get_secret_value())


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
