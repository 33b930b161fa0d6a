"""Reading a file from outside in a process of its own, with limits on its time and memory.

A picture library that falls over, loops or eats memory over a hostile file takes that process along and
nothing else. The two talk in JSON and bytes only, so a process that was taken over cannot hand over code.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import cv2
import numpy as np

from printable import codes, reading
from printable.boxes import BoxMap, Rect
from printable.images import Limits, Unusable
from printable.reading import Answer, Evidence, Find, Known, Reading

_JPEG_QUALITY = 80


@dataclass(frozen=True)
class Shown:
    """A reading and the picture of its page, laid flat, as JPEG (None where nothing could be laid flat)."""

    reading: Reading
    picture: bytes | None


def read(content: bytes, find: Find, limits: Limits | None = None) -> Iterator[Shown]:
    """As `reading.read`, for files that anybody may have made. `find` runs in the calling process.

    Raises:
        images.Unusable: nothing of the file can be read, or it took too long (too_slow) or asked for too
            much (too_much). Pages that came before are good.
    """
    limits = limits or Limits()
    if len(content) > limits.bytes:
        raise Unusable("too_many_bytes")
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_reader, args=(theirs, asdict(limits)), daemon=True)
    process.start()
    theirs.close()
    until = time.monotonic() + limits.seconds
    try:
        with suppress(BrokenPipeError):
            ours.send_bytes(content)
        while True:
            if not ours.poll(max(0.0, until - time.monotonic())):
                raise Unusable("too_slow")
            try:
                message = json.loads(ours.recv_bytes())
            except EOFError as error:
                # It died without a word: killed for its memory or its time, or it fell over.
                raise Unusable("too_much") from error
            if "find" in message:
                ours.send_bytes(_known_to_json(find(codes.normalise(str(message["find"])))))
            elif "page" in message:
                picture = ours.recv_bytes() if message["picture"] else None
                yield Shown(_reading(message["page"]), picture)
            elif "unusable" in message:
                raise Unusable(str(message["unusable"]))
            else:
                return
    finally:
        process.kill()
        process.join()
        ours.close()


def cut(picture: bytes, place: Rect) -> bytes:
    """A part of the picture of a flat page, such as `Answer.place`, as JPEG."""
    page = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if page is None:
        raise ValueError("not a picture of a page")
    scale = page.shape[1] / 210.0
    top, left = max(round(place.y * scale), 0), max(round(place.x * scale), 0)
    return _jpeg(page[top : round(place.bottom * scale), left : round(place.right * scale)])


def _jpeg(picture: Any) -> bytes:
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return bytes(content)


def _reader(pipe: Connection, limits: dict[str, Any]) -> None:
    """The other process."""
    allowed = Limits(**limits)
    memory = allowed.megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = int(allowed.seconds) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a library has to say about a broken file is of no use to anybody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno() if sys.stderr else 2)
    cv2.setNumThreads(1)

    def find(code: str) -> Known | str:
        pipe.send_bytes(json.dumps({"find": code}).encode())
        return _known(json.loads(pipe.recv_bytes()))

    try:
        for page in reading.read(pipe.recv_bytes(), find, allowed):
            picture = _jpeg(page.flat.page) if page.flat is not None else None
            evidence = None if page.evidence is None else page.evidence.to_json()
            data = asdict(replace(page, flat=None, evidence=None)) | {"evidence": evidence}
            pipe.send_bytes(json.dumps({"page": data, "picture": picture is not None}).encode())
            if picture is not None:
                pipe.send_bytes(picture)
        pipe.send_bytes(b'{"done": true}')
    except Unusable as refused:
        pipe.send_bytes(json.dumps({"unusable": refused.reason}).encode())
    except (MemoryError, cv2.error):
        pipe.send_bytes(b'{"unusable": "too_much"}')


def _known_to_json(known: Known | str) -> bytes:
    if isinstance(known, str):
        return json.dumps({"status": known}).encode()
    return json.dumps({"layout": known.layout.to_json(), "several": sorted(known.several)}).encode()


def _known(data: dict[str, Any]) -> Known | str:
    if "status" in data:
        return str(data["status"])
    return Known(BoxMap.from_json(data["layout"]), frozenset(data["several"]))


def _reading(data: dict[str, Any]) -> Reading:
    answers = tuple(
        Answer(
            str(answer["item"]),
            tuple(code if code == "skipped" else int(code) for code in answer["codes"]),
            answer["level"],
            tuple(map(str, answer["reasons"])),
            Rect(**{name: float(value) for name, value in answer["place"].items()}),
        )
        for answer in data["answers"]
    )
    evidence = None if data["evidence"] is None else Evidence.from_json(data["evidence"])
    return Reading(**{**data, "answers": answers, "evidence": evidence})
