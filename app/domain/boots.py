"""The runs of the service that work on one database."""

from dataclasses import dataclass

BEAT = 5.0  # seconds between two signs of life
#: Without a sign for so long a run takes itself for lost, and lets go of all that it holds.
LOST_AFTER = 20.0
#: Without one for so long others take it for dead: later, so that no two ever work on one job.
SILENT_AFTER = 30.0
#: Without one for so long an instance is missed by those whose files lie on its machine: longer
#: than it takes to start it again.
MISSED_AFTER = 120.0


@dataclass(frozen=True, kw_only=True)
class Boot:
    """One run of an instance."""

    boot_id: str
    #: The instance: the same in all of its runs.
    name: str
    #: Id of the store that it keeps files in; None where it was not told.
    files: str | None = None
    #: Jobs that it runs at once.
    places: int = 1
