"""Work without an end: what clients do all day, and some of what they should not."""

import threading
from collections import deque
from collections.abc import Callable
from http.client import HTTPException
from itertools import count, cycle
from urllib.parse import quote

from scripts.bench_report import ROOT, say
from scripts.bench_server import Server

CLIP = ROOT / "tests" / "media" / "jfk.flac"
#: Jobs that are kept; older ones are deleted, so that what grows is no living thing.
KEPT = 30
WORDS = ("harbour", "country", "lantern", "winter", "engine", "ask", "orchard", "signal")


class Work:
    """`with` it: two clients are at it, and their mistakes are raised at the end."""

    def __init__(self, server: Server) -> None:
        self._server, self._stop = server, threading.Event()
        self._speech = CLIP.read_bytes()
        self._kept: deque[str] = deque()
        self._numbers = count()
        self.trouble: list[str] = []
        self._clients = [
            threading.Thread(target=self._client, args=(verbs,), daemon=True)
            for verbs in ((self._talk,), (self._page, self._search, self._rubbish, self._search))
        ]

    def __enter__(self) -> "Work":
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for client in self._clients:
            client.join(120)

    def _client(self, verbs: tuple[Callable[[], None], ...]) -> None:
        for verb in cycle(verbs):
            if self._stop.is_set():
                return
            try:
                verb()
            except (OSError, HTTPException, LookupError) as error:
                self.trouble.append(f"{type(error).__name__}: {error}")
                say(f"soak: {self.trouble[-1]}")
                self._stop.wait(1.0)

    def _talk(self) -> None:
        self.ended(self._speech, "talk.flac")

    def _page(self) -> None:
        number = next(self._numbers)
        told = " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 200))
        self.ended(f"# Page {number}\n\n{told}\n".encode(), "page.md")

    def _rubbish(self) -> None:
        """Fails for good."""
        self.ended(
            f"no medium at all, number {next(self._numbers)}".encode() * 50, "talk.mp4", "Failed"
        )

    def _search(self) -> None:
        words = quote(WORDS[next(self._numbers) % len(WORDS)])
        self._server.ask(f"/api/v1/search?q={words}")

    def ended(self, content: bytes, name: str, status: str = "Completed") -> None:
        taken = self._server.ask(f"/api/v1/ingest?filename={name}", content)
        job = self._server.await_end(taken["job_id"])
        if job["status"] != status:
            self.trouble.append(f"{name} ended as {job['status']}")
            say(f"soak: {self.trouble[-1]}")
        self._kept.append(taken["job_id"])
        while len(self._kept) > KEPT:
            self._deleted(self._kept.popleft())

    def _deleted(self, job_id: str) -> None:
        line = self._server.connect()
        try:
            line.request("DELETE", f"/api/v1/jobs/{job_id}")
            answer = line.getresponse()
            answer.read()
        finally:
            line.close()
        if answer.status >= 300:
            raise OSError(f"a job that has ended could not be deleted: {answer.status}")
