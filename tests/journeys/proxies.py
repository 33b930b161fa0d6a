"""Proxies in front of two web hosts that hand each request to the next one: a small one, nginx, and Caddy."""

from __future__ import annotations

import http.client
import http.server
import os
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from benchmarks.phones import free_port

#: Debian keeps it in a folder that is not on everybody's PATH.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")

CADDY = shutil.which("caddy")
#: What is installed here of the programs that we ship a file for.
PROGRAMS = {"nginx": NGINX, "caddy": CADDY}


@contextmanager
def small(ports: Sequence[int]) -> Iterator[tuple[int, Counter[int]]]:
    """A proxy of our own: its port, and how many requests it handed to each host."""
    handed: Counter[int] = Counter()
    turns = count()

    class Turn(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._hand_on()

        def do_POST(self) -> None:
            self._hand_on()

        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            first = next(turns)
            for offset in range(len(ports)):
                port = ports[(first + offset) % len(ports)]
                host = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                try:
                    host.request(self.command, self.path, body, dict(self.headers.items()))
                    answer = host.getresponse()
                    text = answer.read()
                except (OSError, http.client.HTTPException):
                    continue  # it is away: the next one
                finally:
                    host.close()
                handed[port] += 1
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                return
            self.send_error(502)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Turn) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], handed
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def nginx(ports: Sequence[int], folder: Path, ours: Path) -> Iterator[int]:
    """nginx with the file that we ship, but for https, which needs a certificate: its port."""
    port = free_port()
    text = ours.read_text()
    for line, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("server_name vragen.gemeente.nl;", "server_name _;"),
        ("    ssl_certificate     /etc/ssl/certs/vragen.pem;\n", ""),
        ("    ssl_certificate_key /etc/ssl/private/vragen.key;\n", ""),
        ("    ssl_protocols TLSv1.2 TLSv1.3;\n", ""),
        ("/var/log/nginx/meetmoment.log", str(folder / "crit.log")),
        ("127.0.0.1:8000", f"127.0.0.1:{ports[0]}"),
        ("127.0.0.1:8001", f"127.0.0.1:{ports[1]}"),
        ("proxy_set_header Host $host;", "proxy_set_header Host $http_host;"),
    ):
        assert line in text, line
        text = text.replace(line, here)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{places}{text}\n}}\n"
    )
    words = ["-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with _running([NGINX or "nginx", *words], port, folder / "out.log"):
        yield port


@contextmanager
def caddy(ports: Sequence[int], folder: Path, ours: Path) -> Iterator[int]:
    """Caddy with the file that we ship, but for https, which needs a name: its port."""
    port = free_port()
    text = ours.read_text()
    for line, here in (
        ("\nvragen.gemeente.nl {", f"\nhttp://127.0.0.1:{port} {{"),
        ("{\n\t# No access log", "{\n\tadmin off\n\t# No access log"),
        (
            "reverse_proxy 127.0.0.1:8000 127.0.0.1:8001",
            "reverse_proxy " + " ".join(f"127.0.0.1:{port}" for port in ports),
        ),
    ):
        assert line in text, line
        text = text.replace(line, here)
    (folder / "Caddyfile").write_text(text)
    words = ["run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    # Its certificates and what else it keeps go into the folder of the test.
    places = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with _running([CADDY or "caddy", *words], port, folder / "caddy.log", os.environ | places):
        yield port


@contextmanager
def _running(
    command: list[str], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A program while it listens on a port; what it says goes into a log."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
    try:
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)
