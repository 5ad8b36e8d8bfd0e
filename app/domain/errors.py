"""Everything that can go wrong, by name.

SpoolError
├── InvalidRequest          the client's request is at fault
├── Misdirected             asked for by a name that is not ours
├── NotFound                no such job, asset or model
├── Unauthorized            no key, or one that opens nothing
├── Forbidden               a source outside what the operator allows, or a key that may not do this
├── TooLarge                the upload is over the limit
├── Conflict                the job is not in a state that allows this
├── RateLimited             too many requests from there: later
├── Unavailable             try again later (queue full)
│   ├── StillLoading        as after any start: models and index come behind it
│   ├── ClusterAway         no scheduler or no worker of the cluster answers
│   └── Exhausted           the machine has no more files, memory or processes to give
├── MediaError              the medium is at fault: never retried
│   ├── MediaUnreadable     no decoder understands it
│   ├── MediaEmpty          zero bytes
│   ├── MediaUnsupported    of another kind than this door takes
│   ├── NoAudio             it opens, but holds no sound (nor, if a video, pictures)
│   ├── MediaTooLong        over the configured duration
│   └── MediaTooLarge       of more pixels or letters than allowed
├── SourceError             the source could not be fetched
│   ├── SourceGone          it answered with a refusal: never retried
│   ├── SourceChanged       it became another while it was read: never retried
│   └── SourceUnreachable   network trouble: retried
├── EngineError             the engine failed: retried
│   ├── EngineCrashed       its process died
│   │   ├── EngineHung      it made no progress, and was killed
│   │   └── EngineOutOfMemory
│   └── EngineRefused       it refused the request for good: never retried
├── ModelError              weights missing or broken: never retried
│   ├── ModelNotFound
│   └── ModelCorrupt
├── StorageError            not readable or writable: retried
│   ├── StorageFull         no space left: retried, at no cost, once there is space
│   └── StorageDenied       nothing may be written: retried, at no cost, once it may
└── ConfigError             a setting is wrong: the start stops
"""

from enum import StrEnum

from app.domain.redaction import redacted


class Budget(StrEnum):
    """What a retryable failure is paid from. Each job has so many of each kind."""

    ERROR = "error"
    #: A process died over it: this may be the job's own doing, and costs others time.
    CRASH = "crash"
    #: Not the job's fault, and over at some time: costs nothing.
    FREE = "free"


class SpoolError(Exception):
    """Root of all planned errors. `code` is stable and documented; `message` is for people.

    It may repeat what an endpoint or a library said: what looks like a key in it is left out.
    """

    code = "internal"
    #: Whether another attempt may succeed without anybody changing anything.
    retryable = False
    #: What that attempt costs.
    budget = Budget.ERROR
    #: Of a process that died: its exit status; -11 means signal 11.
    exit_status: int | None = None
    #: Name of the class that it stands for, when that is none of these.
    error_class: str | None = None
    #: The last lines that the engine wrote.
    last_lines: str | None = None

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        self.message = redacted(message)
        super().__init__(self.message)
        self.hint = hint
        if code is not None:
            self.code = code


class InvalidRequest(SpoolError):
    code = "request.invalid"


class Misdirected(SpoolError):
    code = "request.host"


class NotFound(SpoolError):
    code = "not_found"


class Unauthorized(SpoolError):
    code = "key.missing"


class Forbidden(SpoolError):
    code = "source.forbidden"


class TooLarge(SpoolError):
    code = "upload.too_large"


class Conflict(SpoolError):
    code = "job.conflict"


class RateLimited(SpoolError):
    code = "rate.limited"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        retry_after: float = 1.0,
    ) -> None:
        """`retry_after`: seconds until it is worth another try."""
        super().__init__(message, code=code, hint=hint)
        self.retry_after = retry_after


class RangeUnsatisfiable(SpoolError):
    code = "media.range"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str | None = None, size: int = 0
    ) -> None:
        """`size`: bytes that there are."""
        super().__init__(message, code=code, hint=hint)
        self.size = size


class Unavailable(SpoolError):
    code = "service.unavailable"
    retryable = True


class StillLoading(Unavailable):
    """Nothing is wrong."""


class ClusterAway(Unavailable):
    code = "cluster.unavailable"
    budget = Budget.FREE


class Exhausted(Unavailable):
    code = "service.exhausted"
    budget = Budget.FREE


class MediaError(SpoolError):
    code = "media.unreadable"


class MediaUnreadable(MediaError):
    code = "media.unreadable"


class MediaEmpty(MediaError):
    code = "media.empty"


class MediaUnsupported(MediaError):
    code = "media.unsupported"


class NoAudio(MediaError):
    code = "media.no_audio"


class MediaTooLong(MediaError):
    code = "media.too_long"


class MediaTooLarge(MediaError):
    code = "media.too_large"


class SourceError(SpoolError):
    code = "source.unavailable"


class SourceGone(SourceError):
    code = "source.gone"


class SourceChanged(SourceError):
    code = "source.changed"


class SourceUnreachable(SourceError):
    code = "source.unreachable"
    retryable = True


class EngineError(SpoolError):
    code = "engine.failed"
    retryable = True


class EngineCrashed(EngineError):
    code = "engine.crashed"
    budget = Budget.CRASH

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        exit_status: int | None = None,
        last_lines: str | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.exit_status, self.last_lines = exit_status, last_lines


class EngineHung(EngineCrashed):
    code = "engine.hung"


class EngineOutOfMemory(EngineCrashed):
    code = "engine.out_of_memory"


class EngineRefused(EngineError):
    code = "engine.refused"
    retryable = False


class ModelError(SpoolError):
    code = "model.unavailable"


class ModelNotFound(ModelError):
    code = "model.not_found"


class ModelCorrupt(ModelError):
    code = "model.corrupt"


class StorageError(SpoolError):
    code = "storage.failed"
    retryable = True


class StorageFull(StorageError):
    code = "storage.full"
    budget = Budget.FREE


class StorageDenied(StorageError):
    code = "storage.denied"
    budget = Budget.FREE


class ConfigError(SpoolError):
    code = "config.invalid"
