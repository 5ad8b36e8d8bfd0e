"""The world around the service: media to download, and a receiver of webhooks that fails."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FAILS_FIRST = 3  # of so many webhooks one is refused when it comes for the first time


class Outside(ThreadingHTTPServer):
    """GET sends a file of `folder`; POST takes a webhook, and counts it by its id."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.folder = folder
        self.received: Counter[str] = Counter()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._lock = threading.Lock()

    def take(self, webhook_id: str) -> int:
        """The status to answer with."""
        with self._lock:
            self.received[webhook_id] += 1
            first = self.received[webhook_id] == 1
        return 500 if first and sum(webhook_id.encode()) % FAILS_FIRST == 0 else 204

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break all the time here: the service is being killed."""


class _Handler(BaseHTTPRequestHandler):
    server: Outside

    def do_GET(self) -> None:
        content = (self.server.folder / Path(self.path).name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(self.server.take(self.headers.get("webhook-id", "")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: it would drown the test's own words."""


@contextmanager
def outside(folder: Path, port: int = 0) -> Iterator[Outside]:
    with Outside(folder, port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
