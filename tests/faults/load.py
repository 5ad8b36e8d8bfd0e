"""Clients that do all that clients do, while the service dies under their hands."""

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from tests.faults import cases
from tests.faults.ledger import POISONED, Ledger, Order
from tests.faults.outside import Outside
from tests.faults.spool import Spool

CLIENTS = 4
PATIENCE = 120.0  # seconds for what the clients have begun
MOST_WAITING = 12  # jobs; more of them would only make the drain longer
PAUSE = 0.1  # seconds of a client that was refused or found nobody
SOURCES = ("raw", "form", "path", "url")
#: Faults that a job gets over, and how often each stands in the urn.
PASSING = ("segv:1", "abrt:1", "exit:1", "error:1", "oom:1", "kill:2")
POISON = "fault=segv"


@dataclass(frozen=True, kw_only=True)
class Lean:
    """What the clients do more than anything else. Parts are 0..1, deeds are weights."""

    unreadable: float = 0.04
    poison: float = 0.02
    passing: float = 0.10
    webhook: float = 0.4
    sending: int = 50
    cancelling: int = 8
    deleting: int = 6
    uploads_only: bool = False

    def without_faults(self) -> "Lean":
        return replace(self, unreadable=0.0, poison=0.0, passing=0.0)


@dataclass
class Wish:
    """The same for all clients, and may change while they work."""

    lean: Lean = Lean()


class Load:
    """`with Load(...)`: the clients are busy until the block ends, and then end what they began.

    The service must be up, or come up, when the block ends.
    """

    def __init__(
        self, spool: Spool, ledger: Ledger, world: Outside, seed: int, *, clients: int = CLIENTS
    ) -> None:
        self._over, self._given_up = threading.Event(), threading.Event()
        self.faults: list[BaseException] = []
        self.wish = Wish()
        self._clients = [
            Client(spool, ledger, world, random.Random(f"{seed}-{number}"), self)
            for number in range(clients)
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(client,), daemon=True)
            for client in self._clients
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._over.set()
        if kind is not None:
            self._given_up.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        for client in self._clients:
            client.close()
        assert kind or not any(thread.is_alive() for thread in self._threads), "no answer, ever"
        if self.faults and kind is None:
            raise self.faults[0]

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def is_given_up(self) -> bool:
        """The test has failed: nobody will start the service again."""
        return self._given_up.is_set()

    def _run(self, client: "Client") -> None:
        try:
            client.work()
        except BaseException as error:
            self.faults.append(error)


class Client:
    def __init__(
        self,
        spool: Spool,
        ledger: Ledger,
        world: Outside,
        chance: random.Random,
        load: Load,
    ) -> None:
        self._spool, self._ledger, self._world = spool, ledger, world
        self._chance, self._load = chance, load
        self._http = httpx2.Client(base_url=spool.url, timeout=30.0)

    def work(self) -> None:
        while not self._load.is_over:
            deeds = self._deeds(self._load.wish.lean)
            self._chance.choices([*deeds], [*deeds.values()])[0]()

    def _deeds(self, lean: Lean) -> dict[Callable[[], None], int]:
        """With their weights."""
        return {
            self.send_in: lean.sending,
            self.cancel: lean.cancelling,
            self.delete: lean.deleting,
            self.retry: 5,
            self.send_again: 4,
            self.search: 10,
            self.look: 17,
        }

    def close(self) -> None:
        self._http.close()

    def send_in(self) -> None:
        """Sent until it is acknowledged, under one key."""
        if self._is_busy():
            time.sleep(PAUSE)
            return
        order = self._ledger.open(self._new_order())
        order.job_id = self._submit(order)
        self._ledger.note(order, "taken in")
        order.taken = False

    def send_again(self) -> None:
        """What was acknowledged already: nothing new may come of it."""
        if order := self._one(lambda order: not order.deleted):
            if (again := self._submit(order)) != order.job_id:
                self._ledger.violation(f"{order.name}: {order.job_id} became {again}")
            order.taken = False

    def cancel(self) -> None:
        if order := self._one(lambda order: not order.deleted and not order.cancel_asked):
            answer = self._ask("POST", f"/api/v1/jobs/{order.job_id}/cancel")
            self._expect(answer, (200, 409), order)
            order.cancel_asked = True
            self._ledger.note(order, f"cancel answered {answer.status_code}")
            order.taken = False

    def delete(self) -> None:
        if order := self._one(lambda order: not order.deleted):
            answer = self._ask("DELETE", f"/api/v1/jobs/{order.job_id}")
            self._expect(answer, (204, 404), order)  # 404: the try before this one got through
            order.deleted = True
            self._ledger.note(order, "deleted")
            order.taken = False

    def retry(self) -> None:
        if order := self._one(lambda order: order.cancel_asked and not order.deleted):
            answer = self._ask("POST", f"/api/v1/jobs/{order.job_id}/retry")
            self._expect(answer, (202, 409), order)
            order.reopened += 1  # also when it was refused: the try before may have got through
            self._ledger.note(order, f"retry answered {answer.status_code}")
            order.taken = False

    def search(self) -> None:
        answer = self._ask("GET", "/api/v1/search?q=window+sample&mode=keyword", patient=False)
        if answer is not None and answer.status_code not in (200, 503):
            self._ledger.violation(f"a search was answered {answer.status_code}: {answer.text}")

    def look(self) -> None:
        if order := self._one(lambda order: not order.deleted):
            answer = self._ask("GET", f"/api/v1/jobs/{order.job_id}")
            self._expect(answer, (200,), order)
            answer = self._ask("GET", f"/api/v1/jobs/{order.job_id}/result")
            self._expect(answer, (200, 202, 409, 422), order)
            order.taken = False

    def _one(self, wanted: Callable[[Order], bool]) -> Order | None:
        known = [order for order in self._ledger.acknowledged() if wanted(order)]
        return self._ledger.take(self._chance.sample(known, len(known)))

    def _new_order(self) -> Order:
        chance, lean = self._chance, self._load.wish.lean
        name = str(uuid.UUID(int=chance.getrandbits(128)))
        source = chance.choice(SOURCES[:2] if lean.uploads_only else SOURCES)
        order = Order(name=name, medium=_medium(chance), source=source, taken=True)
        order.webhook = chance.random() < lean.webhook
        kind = chance.random()
        if kind < lean.poison:
            order.fate, order.prompt = POISONED, POISON
        elif kind < lean.poison + lean.unreadable:
            order.fate, order.medium = "unreadable", cases.UNREADABLE
        elif kind < lean.poison + lean.unreadable + lean.passing:
            order.prompt = f"fault={chance.choice(PASSING)}"
        return order

    def _submit(self, order: Order) -> str:
        answer = self._ask("POST", "/api/v1/ingest", **self._request(order))
        self._expect(answer, (202,), order)
        return str(answer.json()["job_id"])

    def _request(self, order: Order) -> dict[str, Any]:
        options = {"title": order.name}
        if order.prompt:
            options["prompt"] = order.prompt
        if order.webhook:
            options["webhook_url"] = f"{self._world.url}/hook"
        headers = {"Idempotency-Key": order.name}
        medium = self._world.folder / order.medium
        if order.source == "path":
            return {"headers": headers, "json": {"path": str(medium), **options}}
        if order.source == "url":
            return {
                "headers": headers,
                "json": {"url": f"{self._world.url}/{medium.name}"} | options,
            }
        content = medium.read_bytes()
        if order.source == "form":
            files = {"file": (medium.name, content)}
            return {"headers": headers, "data": options, "files": files}
        query = {"filename": medium.name, **options}
        return {"headers": headers, "params": query, "content": content}

    def _is_busy(self) -> bool:
        answer = self._ask("GET", "/health", patient=False)
        if answer is None or answer.status_code != 200:
            return True
        jobs = answer.json()["jobs"]
        return bool(jobs["pending"] + jobs["running"] >= MOST_WAITING)

    def _ask(self, method: str, path: str, *, patient: bool = True, **more: Any) -> Any:
        """Again and again until there is an answer other than "come back later".

        None where there is no patience, and nobody answers.
        """
        while True:
            try:
                answer = self._http.request(method, path, **more)
            except httpx2.TransportError:
                if self._load.is_given_up:
                    raise
                if not patient:
                    return None
            else:
                if answer.status_code not in (503, 507) or not patient:
                    return answer
                self._ledger.refused += 1
                if "retry-after" not in answer.headers:
                    self._ledger.violation(f"{answer.status_code} without Retry-After: {path}")
            time.sleep(PAUSE)

    def _expect(self, answer: Any, statuses: tuple[int, ...], order: Order) -> None:
        if answer.status_code not in statuses:
            asked = f"{answer.request.method} {answer.request.url.path}"
            said = f"{answer.status_code} {answer.text[:300]}"
            self._ledger.violation(f"{order.name} ({order.fate}): {asked} was answered {said}")


def _medium(chance: random.Random) -> str:
    return chance.choices(cases.GOOD, (4, 6, 3, 1))[0]
