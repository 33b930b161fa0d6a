"""What stands in front does what its file says: nginx and Caddy, as we ship them, before a small host."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import survey
from tests.journeys import proxies

FOLDER = Path(survey.__file__).parent / "deployment"
#: Stands for the token of a link, in an address and in a cookie.
SECRET = "q7SecretOfALink"


@contextmanager
def telling_host() -> Iterator[http.server.ThreadingHTTPServer]:
    """A host that answers with what reached it: the headers, and how much of a body."""

    class Told(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            if self.path.startswith("/gone"):
                self.close_connection = True
                return  # as a host that is killed amid a request
            got = sum(map(len, self._pieces()))
            text = json.dumps(
                {"path": self.path, "body": got, **{k.lower(): v for k, v in self.headers.items()}}
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def _pieces(self) -> Iterator[bytes]:
            """The body, however it comes; it ends too soon when the proxy breaks off."""
            if "Content-Length" in self.headers:
                yield self.rfile.read(int(self.headers["Content-Length"]))
            elif "chunked" in self.headers.get("Transfer-Encoding", ""):
                while size := int(self.rfile.readline().strip() or b"0", 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Host(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing either when the proxy breaks off."""

    with Host(("127.0.0.1", 0), Told) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Front:
    """A proxy, and the host behind it."""

    port: int
    folder: Path

    def ask(
        self, path: str, body: bytes | None = None, *, chunked: bool = False, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            # Who is refused at once may still be sending; the answer is there all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(
                    "GET" if body is None else "POST",
                    path,
                    iter([body]) if chunked and body is not None else body,
                    sent,
                    encode_chunked=chunked,
                )
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def logged(self) -> str:
        """Everything that the proxy wrote down."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    kind: str = request.param
    if proxies.PROGRAMS[kind] is None:
        pytest.skip(f"{kind} is not installed here")
    folder = tmp_path_factory.mktemp(kind)
    with ExitStack() as stack:
        host = stack.enter_context(telling_host())
        port = host.server_address[1]
        start = {"nginx": proxies.nginx, "caddy": proxies.caddy}[kind]
        file = {"nginx": "nginx.conf", "caddy": "Caddyfile"}[kind]
        yield Front(stack.enter_context(start([port, port], folder, FOLDER / file)), folder)


def test_the_service_hears_who_asks_from_the_proxy_and_not_from_who_asks(front: Front) -> None:
    status, headers, body = front.ask(
        "/", X_Forwarded_For="6.6.6.6, 7.7.7.7", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example"
    )
    told = json.loads(body)
    assert status == 200
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "http", "what the browser itself said does not count"
    assert told["host"] == f"127.0.0.1:{front.port}"
    assert told["x-forwarded-host"].startswith("127.0.0.1")
    assert headers["content-security-policy"] == "default-src 'none'"
    assert "python" not in headers.get("server", "").lower(), "what serves behind is nobody's business"


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_what_watches_from_inside_is_not_there_from_outside(front: Front, path: str) -> None:
    assert front.ask(path)[0] == 404


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "in pieces"])
def test_an_answer_is_small_and_a_scan_may_be_large(front: Front, chunked: bool) -> None:
    # 411: who does not say how much is coming has to say so.
    refused = (411, 413) if chunked else (413,)
    assert json.loads(front.ask("/q/12", b"a" * 60_000)[2])["body"] == 60_000
    assert front.ask("/q/12", b"a" * 70_000, chunked=chunked)[0] in refused
    assert json.loads(front.ask("/desk/scans", b"a" * 20_000_000)[2])["body"] == 20_000_000
    assert front.ask("/desk/scans", b"a" * 43_000_000, chunked=chunked)[0] in refused


def test_an_address_is_written_down_nowhere_not_even_when_something_fails(front: Front) -> None:
    assert front.ask(f"/l/{SECRET}", Cookie=f"visit={SECRET}")[0] == 200
    assert front.ask(f"/q/{SECRET}", b"a" * 70_000)[0] == 413
    assert front.ask(f"/q/{SECRET}", b"a" * 70_000, chunked=True)[0] in (411, 413)
    assert SECRET.encode() not in front.ask(f"/metrics?{SECRET}")[2]
    assert front.ask(f"/gone/{SECRET}", Cookie=f"visit={SECRET}")[0] in (502, 503)
    logged = front.logged()
    assert SECRET not in logged
    assert "evil.example" not in logged
