"""A placeholder voice: the programs espeak-ng and lame, where they are installed.

It sounds like a robot, and is there to try things out: a real voice is a person's, best the translator's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from instruments import Edition
from survey.aloud.spoken import Spoken
from survey.aloud.voices import Recording, VoicesHead

PROGRAMS = ("espeak-ng", "lame")
#: Words a minute: unhurried, and slower for easy reading.
PACE = {"standard": 145, "easy": 125}
#: Kilobits a second: speech stays clear, and ten seconds weigh 30 kB.
BITRATE = 24


class NoVoice(Exception):
    """A program is missing or cannot speak; the message says which, and what to do."""


def speak(texts: Iterable[Spoken], edition: Edition, folder: Path, today: dt.date) -> VoicesHead:
    """Render every text into a pack in this folder; what is there already is kept, what is stale goes.

    Raises:
        NoVoice
    """
    for program in PROGRAMS:
        if shutil.which(program) is None:
            raise NoVoice(f"{program} is not installed. Install it: on Debian, apt-get install {program}.")
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Recording] = {}
    for each in texts:
        path = folder / f"{each.name}.mp3"
        if not path.exists():
            _render(each.text, edition, path)
        files[path.name] = Recording(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), where=each.where)
    for stale in set(folder.glob("*.mp3")) - {folder / name for name in files}:
        stale.unlink()
    head = VoicesHead(
        id=f"{edition}-robot",
        edition=str(edition),
        voice=f"espeak-ng {edition.language} (a program; placeholder)",
        licence="Output of espeak-ng (GPL-3.0-or-later program); free to use",
        date=today,
        files=files,
    )
    head.write(folder)
    return head


def _render(text: str, edition: Edition, path: Path) -> None:
    # Each part a sentence of its own, so that there is a pause between the answers.
    lines = "\n\n".join(line if line[-1:] in ".?!:…" else f"{line}." for line in text.splitlines())
    speaking = ["espeak-ng", "-v", edition.language, "-s", str(PACE[edition.reading]), "--stdout"]
    wave = _run(speaking, lines.encode())
    squeezing = ["lame", "--quiet", "-m", "m", "-b", str(BITRATE), "-", "-"]
    half = path.with_suffix(".half")
    half.write_bytes(_run(squeezing, wave))
    half.rename(path)


def _run(command: list[str], data: bytes) -> bytes:
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip() or "it gave nothing"
        raise NoVoice(f"{command[0]} failed: {reason}.")
    return done.stdout
