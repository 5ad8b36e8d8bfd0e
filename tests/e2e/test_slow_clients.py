"""A real service, and clients on raw sockets that send too little, too much, or lies."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from app.adapters.background import in_background
from tests.e2e.conftest import Server

HEADER_TIMEOUT = 1.0  # seconds, and so on
BODY_TIMEOUT = 1.5
KEEP_ALIVE = 1.0
MAX_HEAD = 8192  # bytes
MANY = 1000
INGEST = b"POST /api/v1/ingest?filename=x.wav HTTP/1.1\r\nHost: localhost\r\n"
JSON_TYPE = b"Content-Type: application/json\r\n"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Server]:
    """With short clocks; it need not be able to transcribe."""
    server = Server(
        tmp_path_factory.mktemp("edge"),
        model_folder,
        APP__SERVER__HEADER_TIMEOUT=str(HEADER_TIMEOUT),
        APP__SERVER__BODY_TIMEOUT=str(BODY_TIMEOUT),
        APP__SERVER__KEEP_ALIVE_TIMEOUT=str(KEEP_ALIVE),
        APP__SERVER__MAX_HEADER_BYTES=str(MAX_HEAD),
        APP__TRANSCRIPTION__MODEL="tiny.en",
        APP__TRANSCRIPTION__WORKERS="1",
    )
    server.start()
    yield server
    server.http.close()
    assert server.stop() == 0
    assert "Traceback" not in server.log()


def dial(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def until_closed(client: socket.socket) -> bytes:
    """All that the service says until it hangs up, which it must do by itself."""
    said = b""
    try:
        while chunk := client.recv(65536):
            said += chunk
    except ConnectionResetError:
        pass
    return said


def said(server: Server, *parts: bytes) -> bytes:
    with dial(server) as client:
        for part in parts:
            client.sendall(part)
        return until_closed(client)


def refusal(answer: bytes) -> tuple[int, str]:
    """Status and code of the last answer, in the one shape."""
    head, _, body = answer.rpartition(b"\r\n\r\n")
    status = re.findall(rb"HTTP/1\.1 (\d{3})", head)[-1]
    error = json.loads(body)["error"]
    assert error.keys() == {"code", "message", "hint"} and error["message"]
    return int(status), error["code"]


def head_alone(answer: bytes) -> int:
    """Status of a refusal to HEAD: as any other, without its body."""
    head, end, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert (end, body) == (b"\r\n\r\n", b""), answer
    assert b"content-type: application/json" in lines and b"connection: close" in lines
    return int(head.split(b" ")[1])


def one_answer(client: socket.socket) -> bytes:
    """Head and body of the next answer on a connection that stays."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert length is not None, answer
    while len(body) < int(length[1]):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def dripping(client: socket.socket, drop: bytes) -> AbstractContextManager[None]:
    """Sends the drop ten times in every span of the shortest clock, until hung up on."""

    def drip(over: threading.Event) -> None:
        try:
            while not over.wait(KEEP_ALIVE / 10):
                client.sendall(drop)
        except OSError:
            pass

    return in_background(drip, "drip")


# slow


def test_who_never_says_a_word_is_hung_up_on(edge: Server) -> None:
    assert said(edge) == b""


def test_a_head_that_does_not_come_is_told_so(edge: Server) -> None:
    assert refusal(said(edge, b"GET /health HT")) == (408, "request.timeout")


def test_a_head_that_drips_is_cut_however_steadily_it_does(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        with dripping(client, b"X: y\r\n"):
            assert refusal(until_closed(client)) == (408, "request.timeout")


def test_a_second_head_is_held_to_the_same_time(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in one_answer(client)
        client.sendall(b"GET /hea")
        with dripping(client, b"l"):
            assert refusal(until_closed(client)) == (408, "request.timeout")


def test_an_idle_connection_is_closed_without_a_word(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in one_answer(client)
        assert until_closed(client) == b""


@pytest.mark.parametrize(
    "kind", [b"", JSON_TYPE, b"Content-Type: multipart/form-data; boundary=b\r\n"]
)
@pytest.mark.parametrize("begun", [b"", b'{"pa', b"--b\r\nContent-Disp"])
def test_a_body_that_stops_is_told_so_and_leaves_nothing(
    edge: Server, kind: bytes, begun: bytes
) -> None:
    head = INGEST + kind + b"Content-Length: 1000000\r\n\r\n"
    answer = said(edge, head, begun)
    # a form that goes wrong before it stops is refused as such
    assert refusal(answer) == (408, "request.timeout") or b" 422 " in answer
    assert edge.health()["jobs"] == dict.fromkeys(edge.health()["jobs"], 0)
    # the answer goes out first, then what has come is taken away
    edge.until(lambda: not any(path.is_file() for path in edge.data.glob("*_jobs/*")))


def test_a_body_of_a_byte_now_and_then_is_cut(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(INGEST + b"Content-Length: 1000000\r\n\r\n")
        with dripping(client, b"x"):
            assert refusal(until_closed(client)) == (408, "request.timeout")


def test_a_chunked_body_that_stops_is_cut(edge: Server) -> None:
    head = INGEST + b"Transfer-Encoding: chunked\r\n\r\n"
    assert refusal(said(edge, head, b"5\r\nhel")) == (408, "request.timeout")


def test_an_upload_that_flows_is_never_cut(edge: Server) -> None:
    """Over several spans of the clock, at a pace that a telephone would be ashamed of."""
    content = 40 * [b"x" * 512]
    over = threading.Event()
    with dial(edge) as client:
        client.sendall(INGEST + f"Content-Length: {40 * 512}\r\n\r\n".encode())
        for part in content:
            client.sendall(part)
            over.wait(BODY_TIMEOUT / 10)
        assert b" 202 " in one_answer(client)


def test_who_waits_for_our_word_to_go_on_is_not_slow(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(INGEST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 100")
        client.sendall(b"RIFF")
        assert b" 202 " in one_answer(client)


def test_a_client_that_waits_for_its_answer_is_not_slow(edge: Server) -> None:
    """A long poll is several times as long as every clock."""
    with dial(edge) as client:
        client.sendall(INGEST + b"Content-Length: 4\r\n\r\nRIFF")
        job = json.loads(one_answer(client).rpartition(b"\r\n\r\n")[2])["job_id"]
        path = f"/api/v1/jobs/{job}?wait={BODY_TIMEOUT * 3}"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert b" 200 " in one_answer(client)


def test_a_refused_upload_may_not_go_on_for_ever(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(
            b"POST /nothing HTTP/1.1\r\nHost: 127.1.1.1\r\nContent-Length: 1000000000\r\n\r\n"
        )
        assert b" 404 " in one_answer(client)
        with dripping(client, b"x" * 4096):
            until_closed(client)


def test_an_answer_that_nobody_takes_is_not_kept_for_ever(edge: Server) -> None:
    pause = threading.Event()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", edge.port))
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500)
        with pytest.raises(OSError):
            while not pause.wait(0.05):
                client.sendall(b"\r\n")


def test_a_thousand_slow_clients_do_not_stop_real_requests(edge: Server) -> None:
    with ExitStack() as clients:
        for number in range(MANY):
            client = clients.enter_context(dial(edge))
            client.sendall(b"GET /hea" if number % 2 else INGEST + b"Content-Length: 9\r\n\r\n")
            if number % 100 == 0:
                assert edge.health()["status"] == "ok"
        assert edge.http.post("/api/v1/ingest", content=b"RIFF").status_code == 202
        assert edge.health()["status"] == "ok"
    assert "no connection can be taken in" not in edge.log()


# HEAD


TWO_LENGTHS = b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"Host: x\r\n" + TWO_LENGTHS + b"\r\n", 400),
        (b"Host: x\r\nHost: y\r\n\r\n", 400),
        (b"\r\n", 400),
        (b"Host: x\r\nno colon\r\n\r\n", 400),
        (b"Host: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"Host: x\r\nX: " + b"a" * MAX_HEAD + b"\r\n\r\n", 431),
        (b"Host: x\r\nX: " + b"a" * 2 * MAX_HEAD, 431),
        (b"Host: x\r\n", 408),
    ],
)
@pytest.mark.parametrize("path", [b"/health", b"/v1/models"])
def test_head_is_refused_as_all_else_is_but_without_a_body(
    edge: Server, path: bytes, rest: bytes, status: int
) -> None:
    answer = said(edge, b"HEAD " + path + b" HTTP/1.1\r\n" + rest)
    assert head_alone(answer) == status


# the shape of the surface that is asked


@pytest.mark.parametrize(
    ("rest", "status", "code"),
    [
        (b"Host: x\r\n" + TWO_LENGTHS + b"\r\n", 400, "request.malformed"),
        (b"no colon\r\n\r\n", 400, "request.malformed"),
        (b"Host: x\r\nX: " + b"a" * MAX_HEAD + b"\r\n\r\n", 431, "request.head_too_large"),
        (b"X: " + b"a" * 2 * MAX_HEAD, 431, "request.head_too_large"),
        (b"Host: x\r\n", 408, "request.timeout"),
    ],
)
def test_openais_clients_are_refused_in_openais_shape(
    edge: Server, rest: bytes, status: int, code: str
) -> None:
    answer = said(edge, b"POST /v1/audio/transcriptions HTTP/1.1\r\n" + rest)
    head, _, body = answer.partition(b"\r\n\r\n")
    error = json.loads(body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (int(head.split(b" ")[1]), error["code"]) == (status, code)


def test_the_shape_is_that_of_this_request_not_of_the_one_before(edge: Server) -> None:
    with dial(edge) as client:
        client.sendall(b"HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        client.sendall(b"rubbish\r\n\r\n")
        assert refusal(until_closed(client)) == (400, "request.malformed")


# too much


@pytest.mark.parametrize(
    "head",
    [
        b"X: " + b"a" * MAX_HEAD,
        b"".join(b"X-%d: y\r\n" % number for number in range(MAX_HEAD // 8)),
        b"X: " + b"a" * 10 * 1024 * 1024,
    ],
    ids=["long", "many", "endless"],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_head_that_is_too_long_is_told_so(edge: Server, head: bytes, whole: bool) -> None:
    with dial(edge) as client:
        try:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + head)
            client.sendall(b"\r\n\r\n" if whole else b"")
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = until_closed(client)
    if len(head) < 1024 * 1024 or answer:  # who goes on sending may find the door shut
        assert refusal(answer) == (431, "request.head_too_large")


def test_an_address_that_is_too_long_is_told_so(edge: Server) -> None:
    path = b"/health?" + b"x" * MAX_HEAD
    head = b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert refusal(said(edge, head)) == (431, "request.head_too_large")


# lies and rubbish


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,  # TLS
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        INGEST + b"Content-Length: -1\r\n\r\n",
        INGEST + b"Content-Length: 1e3\r\n\r\n",
        INGEST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        INGEST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_one_shape(edge: Server, rubbish: bytes) -> None:
    assert refusal(said(edge, rubbish)) == (400, "request.malformed")


def test_an_encoding_that_nobody_knows_is_refused(edge: Server) -> None:
    head = INGEST + b"Transfer-Encoding: gzip\r\n\r\n"
    assert refusal(said(edge, head)) == (501, "request.malformed")


def test_rubbish_in_the_middle_of_a_body_is_refused(edge: Server) -> None:
    head = INGEST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    assert refusal(said(edge, head, b"no length\r\n")) == (400, "request.malformed")


def test_more_than_was_announced_is_no_part_of_the_body(edge: Server) -> None:
    answer = said(edge, INGEST + b"Content-Length: 4\r\n\r\nRIFF and more\r\n\r\n")
    assert b" 202 " in answer
    assert refusal(answer) == (400, "request.malformed")


def test_less_than_was_announced_leaves_nothing(edge: Server) -> None:
    before = edge.health()["jobs"]
    with dial(edge) as client:
        client.sendall(INGEST + b"Content-Length: 4000\r\n\r\nRIFF")
        client.shutdown(socket.SHUT_WR)
        until_closed(client)
    assert sum(edge.health()["jobs"].values()) == sum(before.values())


def test_rubbish_does_not_fill_the_log(edge: Server) -> None:
    size = len(edge.log())
    for _ in range(20):
        said(edge, b"rubbish\r\n\r\n")
    assert edge.log()[size:].count("\n") < 10


@pytest.mark.parametrize(
    "upgrade",
    [
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
    ],
    ids=["websocket", "h2c"],
)
def test_who_asks_for_another_protocol_is_answered_in_this_one_and_not_logged(
    edge: Server, upgrade: bytes
) -> None:
    size = len(edge.log())
    with dial(edge) as client:
        for _ in range(2):
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + upgrade + b"\r\n")
            assert one_answer(client).startswith(b"HTTP/1.1 200 ")
    assert "pgrade" not in edge.log()[size:] and "WebSocket" not in edge.log()[size:]


# places


def test_when_all_places_are_taken_the_longest_idle_has_to_go(
    tmp_path: Path, model_folder: Path
) -> None:
    server = Server(
        tmp_path,
        model_folder,
        APP__SERVER__MAX_CONNECTIONS="3",
        APP__SERVER__KEEP_ALIVE_TIMEOUT="600",
        APP__SERVER__HEADER_TIMEOUT="600",
        APP__TRANSCRIPTION__MODEL="tiny.en",
        APP__TRANSCRIPTION__WORKERS="1",
    )
    server.start()
    try:
        with ExitStack() as clients:
            idle = [clients.enter_context(dial(server)) for _ in range(3)]
            fresh = clients.enter_context(dial(server))
            fresh.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in one_answer(fresh)
            assert until_closed(idle[0]) == b""
            busy = [clients.enter_context(dial(server)) for _ in range(3)]
            for client in busy:
                client.sendall(INGEST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
                assert client.recv(65536).startswith(b"HTTP/1.1 100")
            full = said(server)
            assert refusal(full) == (503, "service.full")
            assert b"\r\nretry-after: " in full and b"\r\nx-content-type-options: " in full
            for client in busy:
                client.sendall(b"RIFF")
                assert b" 202 " in one_answer(client)
        assert server.health()["status"] == "ok"
    finally:
        server.http.close()
        assert server.stop() == 0
