"""Real pages, real files, the real reader in its own process; and files that are none."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import update

from benchmarks import captures, pens
from printable import codes
from printable.boxes import Side
from printable.images import Limits
from printable.pack import Pack
from survey import sheets
from survey.cli import main
from survey.db import Database
from survey.packs import Plan
from survey.scans import intake, piles, reviewing
from survey.scans.worker import Worker
from survey.sheet_tables import PaperTemplate
from tests import people
from tests.kinds import url_of
from tests.people import Cast
from tests.survey.paper.conftest import BASE, KEY, Find

SEED = 3_000_001
PICTURE_KEY = b"p" * 32


@pytest.fixture
def db(chosen_db: Database) -> Database:
    """Reading does not depend on the kind of database: one will do."""
    return chosen_db


def answered(pdf: Path, page: int, side: Side, seed: int = SEED) -> tuple[np.ndarray, pens.Truth]:
    """A page of a pack, drawn at 300 dpi and answered by hand."""
    document = pypdfium2.PdfDocument(pdf)
    drawn = document[page].render(scale=pens.DPI / 72, grayscale=True).to_numpy()
    document.close()
    return pens.fill_in(np.ascontiguousarray(drawn.reshape(drawn.shape[:2])), side, frozenset(), seed)


def pile(*pages: bytes) -> bytes:
    """Pictures as one PDF, as office scanners deliver them."""
    out = io.BytesIO()
    first, *others = [Image.open(io.BytesIO(page)) for page in pages]
    first.save(out, "PDF", save_all=True, append_images=others, resolution=200)
    return out.getvalue()


@pytest.fixture
def at_the_command_line(db: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command on the test's database; what it said."""
    for name, value in {"SECRET_KEY": "k" * 40, "DATABASE_URL": url_of(db), "BASE_URL": BASE}.items():
        monkeypatch.setenv(f"MEETMOMENT_{name}", value)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == code, done.output
        return str(done.output)

    return run


def test_a_pack_that_was_scanned_is_read_by_three_commands(
    db: Database,
    cast: Cast,
    packed: tuple[Pack, Plan],
    written: Path,
    sheet_of: Find,
    tmp_path: Path,
    at_the_command_line: Callable[..., str],
) -> None:
    code, sheet = sheet_of(cast.mother, "who5")
    side = sheets.layout(db, sheet).sides[0]
    at = page_of(written, code)
    drawn, truth = answered(written, at, side)
    scan = tmp_path / "family De Vries.pdf"
    # The cover, the form, and the form once more, upside down.
    scan.write_bytes(
        pile(
            captures.scan_200(answered(written, 0, Side(1))[0], 1),
            captures.scan_200(drawn, 2),
            captures.scan_150(drawn[::-1, ::-1], 4),
        )
    )
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(captures.photo(drawn, 5)[:40_000])
    nothing = tmp_path / "letter.docx"
    nothing.write_bytes(b"PK\x03\x04" + bytes(200))
    assert "Pile 1: 3 files, waiting" in at_the_command_line(
        "scans", "add", str(scan), str(photo), str(nothing)
    )
    said = at_the_command_line("scans", "read", code=1)
    assert "Pile 1: 4 pages" in said
    assert "pile 1, file 3: unknown_kind" in said
    shown = at_the_command_line("scans", "status", "1")
    assert re.findall(r"1:\d +(\w+)", shown) == ["cover", "read", "doubled"]
    assert re.findall(r"2:1 +(\w+)", shown) == ["broken"]
    assert "De Vries" not in shown + said
    assert "1 forms wait to be confirmed" in at_the_command_line("scans", "status")
    assert "0 pictures" in at_the_command_line("scans", "purge")
    number = reviewing.begin(db, people.plan(), sheet.id, "Ria")
    for question in reviewing.load(db, people.plan(), number, "Ria").sure:
        assert (question.seen,) == truth[question.item.id]


def page_of(pdf: Path, code: str) -> int:
    """The page of a pack on which the first side of a sheet is."""
    document = pypdfium2.PdfDocument(pdf)
    shown = codes.shown(code)
    found = next(
        index for index in range(len(document)) if shown in document[index].get_textpage().get_text_range()
    )
    document.close()
    return found


@pytest.mark.parametrize("words", [["scans", "status", "9"], ["scans", "add", "nothing.pdf"]])
def test_a_command_about_what_is_not_there_says_so(
    cast: Cast, words: list[str], at_the_command_line: Callable[..., str]
) -> None:
    assert re.search(r"no pile 9|does not exist", at_the_command_line(*words, code=2))


def test_an_empty_file_is_refused_by_its_name(
    cast: Cast, tmp_path: Path, at_the_command_line: Callable[..., str]
) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    said = at_the_command_line("scans", "add", str(tmp_path / "empty.pdf"), code=2)
    assert "empty.pdf: there is nothing in it." in said


def worker(db: Database, cast: Cast, limits: Limits) -> Worker:
    return Worker(db, cast.study_id, KEY, PICTURE_KEY, BASE, limits)


def test_a_bomb_of_a_pdf_ends_in_a_word_and_the_next_file_is_read(
    db: Database, cast: Cast, written: Path, sheet_of: Find
) -> None:
    code, sheet = sheet_of(cast.mother, "who5")
    page = answered(written, page_of(written, code), sheets.layout(db, sheet).sides[0])[0]
    number = intake.add(
        db, PICTURE_KEY, cast.study_id, [bomb(300), captures.scan_200(page, 1)], by="account 7"
    )
    assert list(worker(db, cast, Limits(seconds=4, megabytes=900)).read_all()) == [number]
    first, second = piles.get(db, number).files
    assert first.status in ("too_slow", "too_much") or piles.get(db, number).pages[-1].status == "broken"
    assert second.status == "read"
    assert piles.get(db, number).pages[0].status == "read"


def bomb(megabytes: int) -> bytes:
    """A PDF of a few kilobytes whose only page unpacks to this many megabytes of drawing."""
    document = pikepdf.new()
    page = document.add_blank_page()
    squeezed = zlib.compressobj(1)
    line = b"0 0 m 600 800 l S\n" * 58_254
    drawing = b"".join(squeezed.compress(line) for _ in range(megabytes)) + squeezed.flush()
    page.obj.Contents = pikepdf.Stream(document, drawing)
    page.obj.Contents.Filter = pikepdf.Name.FlateDecode
    out = io.BytesIO()
    document.save(out, compress_streams=False)
    return out.getvalue()


def test_a_page_of_another_version_of_the_layout_is_never_read_with_this_one(
    db: Database, cast: Cast, written: Path, sheet_of: Find
) -> None:
    code, sheet = sheet_of(cast.mother, "who5")
    layout = sheets.layout(db, sheet)
    page = answered(written, page_of(written, code), layout.sides[0])[0]
    # As if the paper in somebody's hands were of a layout with every question a centimetre higher.
    boxes = [replace(box, rect=replace(box.rect, y=box.rect.y + 10)) for box in layout.sides[0].boxes]
    changed = replace(layout, sides=(replace(layout.sides[0], boxes=tuple(boxes)), *layout.sides[1:]))
    db.write(
        lambda connection: connection.execute(
            update(PaperTemplate)
            .where(PaperTemplate.id == sheet.template_id)
            .values(layout=changed.to_json())
        )
    )
    number = intake.add(db, PICTURE_KEY, cast.study_id, [captures.scan_200(page, 1)], by="account 7")
    list(worker(db, cast, Limits(seconds=60)).read_all())
    assert [page.status for page in piles.get(db, number).pages] == ["other_layout"]
    assert sheets.get(db, sheet.id).status == "printed"
