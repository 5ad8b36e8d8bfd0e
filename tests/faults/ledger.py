"""What was asked of the service and what it answered, kept outside its data folder."""

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: The fate of a job that crashes its worker every time.
POISONED = "dead letter"


@dataclass
class Order:
    """One medium that was sent. All flags tell what the service has acknowledged."""

    #: Title and Idempotency-Key of the job.
    name: str
    #: File name of the medium.
    medium: str
    source: str
    #: Whether it must complete; else why it cannot.
    fate: str = "completes"
    prompt: str = ""
    webhook: bool = False
    job_id: str | None = None
    #: How often it was sent on its way again by hand.
    reopened: int = 0
    cancel_asked: bool = False
    deleted: bool = False
    #: Some client works on it: no other may.
    taken: bool = False


@dataclass
class Ledger:
    """Safe to use from all clients at once."""

    file: Path
    orders: list[Order] = field(default_factory=list)
    #: What the service did that it must never do, seen while it was under load.
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, order: Order) -> Order:
        with self._lock:
            self.orders.append(order)
        return order

    def note(self, order: Order, what: str) -> None:
        """A line on disk, once the service has said so."""
        line = json.dumps({"what": what, **asdict(order)})
        with self._lock, self.file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def violation(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)

    def take(self, orders: Iterable[Order]) -> Order | None:
        """The first of them that nobody works on, if any; `taken` is to be taken back."""
        with self._lock:
            for order in orders:
                if not order.taken:
                    order.taken = True
                    return order
        return None

    def acknowledged(self) -> list[Order]:
        with self._lock:
            return [order for order in self.orders if order.job_id is not None]

    def kept(self) -> list[Order]:
        """Those whose job must exist."""
        return [order for order in self.acknowledged() if not order.deleted]

    def counts(self) -> dict[str, Any]:
        every = self.acknowledged()
        return {
            "acknowledged": len(every),
            "cancel": sum(order.cancel_asked for order in every),
            "deleted": sum(order.deleted for order in every),
            "reopened": sum(order.reopened for order in every),
        }
