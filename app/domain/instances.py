"""What instances of the service tell each other."""

from enum import StrEnum


class Told(StrEnum):
    #: A job changed: its id.
    JOB = "job"
    #: A job was deleted: its id.
    GONE = "gone"
    #: A job waits to be claimed.
    QUEUE = "queue"
    #: There may be a webhook to be sent.
    WEBHOOK = "webhook"
    #: A key was revoked, or quotas of it changed: its id.
    KEY = "key"
    #: There is another default engine.
    ENGINE = "engine"
    #: Anything may have happened.
    ALL = "all"
