"""What a kind of work gets: what it was told, the house, and a way to say how far it is."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field

from instruments import catalogue, protocol
from instruments.protocol import Protocol
from instruments.wording import Library
from survey import wording_packs
from survey.db import Database
from survey.jobs.kinds import Value
from survey.jobs.queue import Job, Lost
from survey.settings import Settings


class Cancelled(Exception):
    """Somebody asked to stop this work."""


class Interrupted(Exception):
    """The worker was told to go; another one takes the work up."""


class Failure(Exception):
    """The work cannot be done, and trying again would not help.

    Args:
        message: shown to who asked for the work, so it says nothing that they may not see.
        outcome: a word that the page of the work knows, kept as its result.
    """

    def __init__(self, message: str, outcome: str = "") -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass
class Work:
    """A job while it is done.

    What was made so far may be left behind at any `progress`, so the work must be harmless to begin again.
    """

    settings: Settings
    db: Database
    job: Job
    #: Set when somebody asked to stop the work, when the worker has to go, when the job was taken away.
    cancelled: threading.Event = field(default_factory=threading.Event)
    interrupted: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    #: So many of so many pieces.
    pieces: tuple[int, int] = (0, 0)

    def now(self) -> dt.datetime:
        """The present moment, aware."""
        return self.settings.clock()

    def number(self, name: str) -> int:
        """An argument that is a number. Raises Failure when it was not given."""
        value = self.job.arguments.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Failure(f"{self.job.kind} needs the number {name}")
        return value

    def text(self, name: str, default: str = "") -> str:
        """An argument that is a text, or the default."""
        value = self.told(name)
        return value if isinstance(value, str) else default

    def told(self, name: str) -> Value:
        """An argument; None when it was not given."""
        return self.job.arguments.get(name)

    def progress(self, done: int, of: int = 0) -> None:
        """Say how far the work is; a place at which it may be stopped.

        Call it between the pieces, outside a transaction. It costs nothing: it is noted once a second.

        Raises:
            Cancelled, Interrupted, Lost: clean up, and let it pass.
        """
        self.pieces = (max(done, 0), max(of, 0))
        if self.lost.is_set():
            raise Lost(f"job {self.job.id} was taken by another worker")
        if self.cancelled.is_set():
            raise Cancelled
        if self.interrupted.is_set():
            raise Interrupted

    @property
    def plan(self) -> Protocol:
        """The protocol of the installation."""
        path = self.settings.protocol_path
        return protocol.default() if path is None else protocol.load(path)

    @property
    def library(self) -> Library:
        """All wording of the installation."""
        return Library(wording_packs.roots(self.settings), catalogue())
