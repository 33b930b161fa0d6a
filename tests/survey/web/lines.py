"""A line to a server that a test can cut: at once, for a while, or just after something went over it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Line:
    """Hands bytes to and fro between whoever connects and one server."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.up = True
        #: Cut the line as soon as the server has been sent something holding these bytes and has answered it:
        #: the answer is lost.
        self.cut_after: bytes = b""
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def cut(self) -> None:
        """Break every connection, and take no new one until `mend`."""
        self.up = False
        self._drop()

    def mend(self) -> None:
        self.up = True

    def close(self) -> None:
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _drop(self) -> None:
        with self._lock:
            dropped, self._open = self._open, set()
        for end in dropped:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self.up:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._server))
            with self._lock:
                self._open |= {near, far}
            state = threading.Event()
            for source, target, outward in ((near, far, True), (far, near, False)):
                threading.Thread(
                    target=self._carry, args=(source, target, outward, state), daemon=True
                ).start()

    def _carry(
        self, source: socket.socket, target: socket.socket, outward: bool, doomed: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if outward and self.cut_after and self.cut_after in data:
                    self.cut_after = b""
                    doomed.set()
                elif not outward and doomed.is_set():
                    self.cuts += 1
                    break  # the server did its work; nobody hears of it
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line(server: int) -> Iterator[Line]:
    made = Line(server)
    try:
        yield made
    finally:
        made.close()
