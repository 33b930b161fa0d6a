"""Proxies in front of two web hosts that hand each request to the next one: a small one, and nginx."""

from __future__ import annotations

import http.client
import http.server
import shutil
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from benchmarks.phones import free_port

NGINX = shutil.which("nginx")


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
    process = subprocess.Popen([NGINX or "nginx", *words])
    try:
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
