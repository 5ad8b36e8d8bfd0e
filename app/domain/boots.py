"""The runs of the service that work on one database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.errors import ConfigError

BEAT = 5.0  # seconds between two signs of life
#: Without a sign for so long a run takes itself for lost, and lets go of all that it holds.
LOST_AFTER = 20.0
#: Without one for so long others take it for dead: later, so that no two ever work on one job.
SILENT_AFTER = 30.0
#: Without one for so long an instance is missed by those whose files lie on its machine: longer
#: than it takes to start it again.
MISSED_AFTER = 120.0
FORGOTTEN = f"one that was killed is forgotten after {SILENT_AFTER:g} s"


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
    #: By name those that must be the same at all instances; what one leaves out is all the same to
    #: it.
    settings: Mapping[str, str] = field(default_factory=dict)


def check_alike(settings: Mapping[str, str], others: Sequence[Boot]) -> None:
    """Raises ConfigError, with both values, where one of `others` has one of them otherwise."""
    for other in others:
        for name, ours in settings.items():
            if (theirs := other.settings.get(name, ours)) != ours:
                raise ConfigError(
                    f"{name} is {ours} here, and {theirs} at {other.name}, which works on the same"
                    " database",
                    hint=f"set it alike, or stop all of them to change it; {FORGOTTEN}",
                )
