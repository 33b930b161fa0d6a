"""The service as it listens on this machine while a browser looks at it, closed down afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from survey.settings import Settings
from survey.web import Services, create_app


@dataclass
class Listener:
    """An address of this machine, taken before the service that answers there is made."""

    server: BaseWSGIServer
    _apps: list[Flask] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def serve(self, settings: Settings) -> Flask:
        """Answer with the service of these settings from now on."""
        app = create_app(settings)
        self._apps.append(app)
        self.server.app = app
        return app

    def close(self) -> None:
        """Stop, and close what the service opened."""
        self.server.server_close()
        for app in self._apps:
            let_go(app)


def let_go(app: Flask) -> None:
    """Close what a service opened by itself: its database and its contact store."""
    house: Services = app.extensions["meetmoment"]
    house.database.dispose()
    if house.book is not None:
        house.book.dispose()


@contextmanager
def listening() -> Iterator[Listener]:
    """A server on a free port; until it is told what to `serve`, its pages are empty."""
    listener = Listener(make_server("127.0.0.1", 0, lambda *_: [], threaded=True))
    thread = threading.Thread(target=listener.server.serve_forever)
    thread.start()
    try:
        yield listener
    finally:
        listener.server.shutdown()
        thread.join()
        listener.close()
