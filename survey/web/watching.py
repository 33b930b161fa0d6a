"""For who looks after the service: whether it lives, whether it can work, and figures. Nobody's data.

`/health` says that this process answers; nothing else is asked, so that a database that is away does not make
a supervisor restart what is well. `/ready` says whether it can serve just now, for the proxy in front.
`/metrics` gives figures in the form of Prometheus, to who sends the token of the installation. Views are
named, never addresses: an address may hold the token of a link.
"""

from __future__ import annotations

import hmac
import logging
import os
import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from survey import readiness
from survey.settings import Settings
from survey.web.services import Services, services

bp = Blueprint("watching", __name__)
_log = logging.getLogger("meetmoment.requests")

#: Names the folder in which several processes count; see `survey.serving`.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
#: Seconds: the slowest page is drawn in a twentieth, a save on a busy disk may take one.
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """What this process counts. With several processes, each writes to a folder that all of them read."""

    def __init__(self) -> None:
        if os.environ.get(_SHARED):
            # The library looks for the folder when it is imported, which is before we know that we serve.
            values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.answered = Counter(
            "meetmoment_requests", "Requests that were answered.", ("view", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "meetmoment_request_seconds", "How long an answer took.", ("view",), buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip

    def shown(self, house: Services) -> bytes:
        """Everything there is to show, of all processes."""
        registry = CollectorRegistry()
        if os.environ.get(_SHARED):
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        else:
            registry.register(_Of(self.registry))
        registry.register(_Of(_FromDatabase(house)))
        return generate_latest(registry)


class _Of(Collector):
    """What something else collects, without describing it beforehand."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def collect(self) -> Any:
        return self._source.collect()


class _FromDatabase:
    """What the database knows, asked when the figures are."""

    def __init__(self, house: Services) -> None:
        self._house = house

    def collect(self) -> Any:
        now = self._house.now()
        seen = readiness.look(self._house.database)
        yield GaugeMetricFamily("meetmoment_ready", "Whether the service can work just now.", float(not seen))
        if seen:
            return
        figures = readiness.figures(self._house.database, now)
        yield GaugeMetricFamily("meetmoment_saves", "Saves there ever were.", figures.saves)
        jobs = GaugeMetricFamily("meetmoment_jobs", "Long work, by its state.", labels=["status"])
        for status, count in sorted(figures.jobs.items()):
            jobs.add_metric([status], count)
        yield jobs
        yield GaugeMetricFamily(
            "meetmoment_oldest_job_seconds",
            "How long the oldest job waits to be begun.",
            figures.oldest_job_s,
        )
        if figures.backup_age_s is not None:
            yield GaugeMetricFamily(
                "meetmoment_backup_age_seconds", "How old the last backup is.", figures.backup_age_s
            )


def install(app: Flask, settings: Settings) -> None:
    """Count and log the requests of an application, where the installation asks for it."""
    figures = Figures() if settings.metrics_token else None
    app.extensions["meetmoment figures"] = figures
    if figures is None and settings.log != "json":
        return

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def note(response: Response) -> Response:
        view = request.endpoint or "none"
        took = time.perf_counter() - g.get("began", time.perf_counter())
        if figures is not None:
            figures.answered.labels(view, request.method, str(response.status_code)).inc()
            figures.seconds.labels(view).observe(took)
        if settings.log == "json":
            seen = {
                "view": view, "method": request.method, "status": response.status_code,
                "ms": round(took * 1000, 1),
            }  # fmt: skip
            _log.info("answered", extra={"seen": seen})
        return response


@bp.get("/health")
def health() -> Response:
    """This process lives."""
    return _plain("alive")


@bp.get("/ready")
def ready() -> Response:
    """Whether this process can serve just now, and if not, what is missing, in a word."""
    missing = readiness.look(services().database)
    return _plain(missing, 503) if missing else _plain("ready")


@bp.get("/metrics")
def metrics() -> Response:
    """The figures, for who sends the token; without it there is nothing here."""
    house = services()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = house.settings.metrics_token
    figures: Figures | None = current_app.extensions["meetmoment figures"]
    if figures is None or not hmac.compare_digest(given.encode(), token.encode()):
        return _plain("", 404)
    return Response(figures.shown(house), content_type=CONTENT_TYPE_LATEST)


def _plain(text: str, status: int = 200) -> Response:
    return Response(f"{text}\n", status=status, mimetype="text/plain")
