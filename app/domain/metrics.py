"""All that is measured, by name: what is told at `/metrics`, drawn, and warned of.

A label has a value of a small closed set, so that what clients send makes no series of its own:
a route is told as it is written in the table, never as it was asked for.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.errors import EngineCrashed, EngineHung, EngineOutOfMemory
from app.domain.jobs import JobStatus, Priority, SourceKind, Stage
from app.domain.search import SearchMode
from app.domain.webhooks import DeliveryState

#: Seconds: of an answer, of a piece of work, and of what takes as long as a medium.
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LONG = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 28800.0)
#: Of a second for each second of sound: below 1 it is faster than it is spoken.
FACTOR = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One of them. Equal by name."""

    name: str
    kind: Kind = field(compare=False)
    #: For people.
    help: str = field(compare=False)
    #: By label, the values that are told from the start; none where they are known only later.
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    #: Upper bounds of a histogram, ascending.
    buckets: tuple[float, ...] = field(default=(), compare=False)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A gauge as it stands."""

    metric: Metric
    value: float
    labels: dict[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """How an attempt ended."""

    COMPLETED = "completed"
    #: For good, and trying again would not help: the medium is at fault.
    FAILED = "failed"
    #: All that may be tried again was.
    DEAD_LETTER = "dead_letter"
    #: Pending again, at a cost.
    RETRIED = "retried"
    #: Pending again at none: the machine lacked something.
    PUT_BACK = "put_back"
    #: The service stopped.
    GIVEN_BACK = "given_back"
    #: Cancelled, overtaken, or taken over meanwhile.
    DROPPED = "dropped"
    #: The run that held it died.
    INTERRUPTED = "interrupted"


class Arrival(StrEnum):
    """How bytes of an upload come."""

    #: In one request.
    WHOLE = "whole"
    #: Resumable.
    PIECES = "pieces"


class Replaced(StrEnum):
    """Why a worker process made room for another one."""

    CRASHED = "crashed"
    HUNG = "hung"
    MEMORY = "memory"
    RECYCLED = "recycled"

    @classmethod
    def by(cls, error: EngineCrashed) -> "Replaced":
        if isinstance(error, EngineOutOfMemory):
            return cls.MEMORY
        return cls.HUNG if isinstance(error, EngineHung) else cls.CRASHED


class Tried(StrEnum):
    """How a webhook was answered."""

    TAKEN = "taken"
    #: By another status than 2xx.
    REFUSED = "refused"
    #: Not at all.
    UNANSWERED = "unanswered"


class Uncounted:
    """Implements `ports.Meter` where nobody reads it."""

    def add(self, metric: Metric, number: float = 1.0, /, **labels: str) -> None:
        """Nowhere."""

    def seen(self, metric: Metric, value: float, /, **labels: str) -> None:
        """By nobody."""


UNCOUNTED = Uncounted()


def _values(kinds: type[StrEnum]) -> tuple[str, ...]:
    return tuple(kind.value for kind in kinds)


def _counter(name: str, said: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, help=said, labels=labels)


def _gauge(name: str, said: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, help=said, labels=labels)


def _histogram(
    name: str, said: str, buckets: tuple[float, ...], **labels: tuple[str, ...]
) -> Metric:
    return Metric(name=name, kind=Kind.HISTOGRAM, help=said, labels=labels, buckets=buckets)


UNKNOWN: tuple[str, ...] = ()
STATUSES = _values(JobStatus)
PRIORITIES = _values(Priority)
STAGES = _values(Stage)
FREE, BUSY = SLOT_STATES = ("free", "busy")
READ, WRITE = TRANSACTIONS = ("read", "write")

INFO = _gauge(
    "spool_info",
    "Always 1: the version, and the kind of database.",
    version=UNKNOWN,
    database=UNKNOWN,
)
INSTANCES = _gauge("spool_instances", "Services that live on this database, as this one knows.")
LEADER = _gauge("spool_leader", "1 where this service does what one does for all.")
JOBS = _gauge("spool_jobs", "Jobs in the database, key-frames apart.", status=STATUSES)
FRAMES = _gauge("spool_frames", "Key-frames, which are jobs of their own.", status=STATUSES)
RUNNING = _gauge("spool_jobs_running", "Jobs that run, key-frames among them.", stage=STAGES)
DEPTH = _gauge("spool_queue_depth", "Pending jobs, key-frames among them.", priority=PRIORITIES)
OLDEST = _gauge(
    "spool_queue_oldest_seconds",
    "Age of the oldest pending job; 0 where none is.",
    priority=PRIORITIES,
)
TAKEN_IN = _counter("spool_jobs_taken_in_total", "Jobs taken in.", source=_values(SourceKind))
ATTEMPTS = _counter("spool_attempts_total", "Attempts that ended.", outcome=_values(Outcome))
DEAD_LETTERS = _gauge("spool_dead_letters", "Jobs that wait for somebody to look at them.")
STRANDED = _gauge(
    "spool_jobs_stranded", "Pending jobs on files of an instance of which nothing is heard."
)
STAGE_SECONDS = _histogram("spool_stage_seconds", "Stages of jobs.", LONG, stage=STAGES)

AUDIO_IN = _counter("spool_audio_taken_in_seconds_total", "Sound of the media that were decoded.")
AUDIO_HEARD = _counter(
    "spool_audio_heard_seconds_total",
    "Sound that engines heard; what holds no speech is not given to them.",
    provider=UNKNOWN,
    model=UNKNOWN,
)
REAL_TIME_FACTOR = _histogram(
    "spool_real_time_factor",
    "Seconds that a call of an engine took for each second of its sound.",
    FACTOR,
    provider=UNKNOWN,
    model=UNKNOWN,
)
ENGINE_SECONDS = _histogram(
    "spool_engine_seconds",
    "Calls of engines, each with some windows of sound.",
    LONG,
    provider=UNKNOWN,
    model=UNKNOWN,
)
SLOTS = _gauge("spool_slots", "Places of worker processes.", pool=UNKNOWN, state=SLOT_STATES)
RESTARTS = _counter(
    "spool_worker_restarts_total",
    "Worker processes that another one replaced.",
    pool=UNKNOWN,
    reason=_values(Replaced),
)

UPLOAD_BYTES = _counter("spool_upload_bytes_total", "Bytes of uploads.", way=_values(Arrival))
WEBHOOKS = _gauge("spool_webhook_deliveries", "Webhooks.", state=_values(DeliveryState))
WEBHOOK_OLDEST = _gauge(
    "spool_webhook_oldest_seconds", "Age of the oldest pending webhook; 0 where none is."
)
WEBHOOK_TRIES = _counter(
    "spool_webhook_tries_total", "Requests to receivers of webhooks.", outcome=_values(Tried)
)

INDEX_ROWS = _gauge("spool_index_rows", "Moments in the search index; absent while it loads.")
INDEX_BYTES = _gauge("spool_index_bytes", "Its size on disk; absent while it loads.")
INDEX_UNINDEXED = _gauge(
    "spool_index_unindexed", "Its rows that no full-text index knows yet; absent while it loads."
)
INDEX_LAG = _gauge(
    "spool_index_lag",
    "Assets and records that are not found as they are; absent while the index loads.",
)
SEARCH_SECONDS = _histogram(
    "spool_search_seconds",
    "Searches that were answered, by the mode in which they were.",
    QUICK,
    mode=_values(SearchMode),
)

DISK_FREE = _gauge("spool_disk_free_bytes", "Free on the disk of the data folder.")
DATA_BYTES = _gauge("spool_data_bytes", "Files in the data folder.")
INTAKE_OPEN = _gauge("spool_intake_open", "1 where work is taken in, 0 while the disk refuses it.")
RETENTION_DELETED = _counter(
    "spool_retention_deleted_total", "Jobs deleted because their time was over."
)
ORPHANS_REMOVED = _counter("spool_orphans_removed_total", "Files removed that no job needs.")
QUOTA_REFUSALS = _counter("spool_quota_refusals_total", "Uploads and jobs beyond a key's quota.")

LOOP_LAG = _histogram(
    "spool_loop_lag_seconds",
    "How late the event loop came to what was due, looked at ten times a second.",
    QUICK,
)
HTTP_REQUESTS = _counter(
    "spool_http_requests_total",
    "Requests that were answered; the route is empty where none was reached.",
    route=UNKNOWN,
    method=UNKNOWN,
    status=UNKNOWN,
)
HTTP_SECONDS = _histogram(
    "spool_http_seconds", "From a request to the head of its answer.", QUICK, route=UNKNOWN
)
DATABASE_SECONDS = _histogram(
    "spool_database_seconds",
    "Transactions, with the wait for their turn.",
    QUICK,
    kind=TRANSACTIONS,
)

#: What the system tells of the process that serves, as all services of Prometheus name it.
PROCESS = (
    _counter("process_cpu_seconds_total", "Processor time, workers apart."),
    _gauge("process_resident_memory_bytes", "Memory in use, workers apart."),
    _gauge("process_virtual_memory_bytes", "Memory that is mapped."),
    _gauge("process_open_fds", "Open descriptors."),
    _gauge("process_max_fds", "Descriptors that it may have."),
    _gauge("process_start_time_seconds", "When it was started, as seconds since 1970."),
)
OURS = (
    *(
        INFO,
        INSTANCES,
        LEADER,
        JOBS,
        FRAMES,
        RUNNING,
        DEPTH,
        OLDEST,
        TAKEN_IN,
        ATTEMPTS,
        DEAD_LETTERS,
        STRANDED,
    ),
    *(STAGE_SECONDS, AUDIO_IN, AUDIO_HEARD, REAL_TIME_FACTOR, ENGINE_SECONDS, SLOTS, RESTARTS),
    *(UPLOAD_BYTES, WEBHOOKS, WEBHOOK_OLDEST, WEBHOOK_TRIES),
    *(INDEX_ROWS, INDEX_BYTES, INDEX_UNINDEXED, INDEX_LAG, SEARCH_SECONDS),
    *(DISK_FREE, DATA_BYTES, INTAKE_OPEN, RETENTION_DELETED, ORPHANS_REMOVED),
    QUOTA_REFUSALS,
    *(LOOP_LAG, HTTP_REQUESTS, HTTP_SECONDS, DATABASE_SECONDS),
)
CATALOGUE = (*OURS, *PROCESS)
