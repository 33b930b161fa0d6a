"""Piles of scans: kept sealed, read by a worker, a status for every page, pictures gone in time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from instruments.protocol import Paper
from printable import codes
from printable.apart import Shown
from printable.boxes import Rect
from printable.images import Limits, Unusable
from printable.reading import Answer, Find
from survey import audit, entry, sheets
from survey.db import Database
from survey.fieldwork import erasure, leaving
from survey.jobs import queue
from survey.jobs import worker as jobs
from survey.scans import intake, piles, purging, reviewing, sealing, worker
from survey.scans.tables import PICTURES, ScanPart, ScanPicture, ScanPile
from survey.settings import Settings
from survey.sheet_tables import Batch
from tests import people
from tests.kinds import url_of
from tests.people import Cast, at, plan
from tests.survey.paper import scanning
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.paper.scanning import BACK, PICTURE, PICTURE_KEY, hand_in, page, refused, scan

WELL = {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}
ONCE = plan().model_copy(update={"paper": Paper(usual="once")})


@pytest.fixture
def code(db: Database, cast: Cast) -> str:
    """The mother's WHO-5, which has one side."""
    return print_sheet(db, cast.mother, "who5")


def statuses(db: Database, pile: int) -> list[str]:
    return [each.status for each in sorted(piles.get(db, pile).pages, key=lambda page: page.number)]


def count(db: Database, table: type) -> int:
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_pile_waits_sealed_until_it_is_read_and_then_its_files_are_gone(db: Database, code: str) -> None:
    secret = b"what a mother wrote" * 60_000
    pile = hand_in(db, [secret, b"another"])
    assert piles.get(db, pile).status == "waiting"
    with db.read() as connection:
        parts = connection.scalars(sa.select(ScanPart.sealed)).all()
    assert len(parts) == 3
    assert not any(b"mother" in part for part in parts)
    read: list[bytes] = []

    def reader(content: bytes, find: Find, limits: Limits) -> Iterator[Shown]:
        read.append(content)
        yield page(db, code, 1, WELL)

    assert list(replace(scanning.worker(db), reader=reader).read_all()) == [pile]
    assert read == [secret, b"another"]
    found = piles.get(db, pile)
    assert (found.status, [file.status for file in found.files]) == ("read", ["read", "read"])
    assert count(db, ScanPart) == 0
    assert sheets.find(db, KEY, code).seen == (1,)
    assert [event.action for event in audit.of(db, f"pile {pile}")] == ["scan.added", "scan.read"]


def test_a_picture_opens_with_its_key_and_in_its_place_only(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, WELL))
    (seen,) = piles.get(db, 1).pages
    assert piles.picture(db, PICTURE_KEY, seen.id) == PICTURE
    with pytest.raises(piles.NoPicture):
        piles.picture(db, b"q" * 32, seen.id)
    with pytest.raises(piles.NoPicture):
        piles.picture(db, PICTURE_KEY, seen.id + 1)
    sealed = sealing.seal(PICTURE_KEY, PICTURE, "picture of page 1")
    for broken in (
        sealed[:-1],
        b"\x02" + sealed[1:],
        b"",
        sealed[:30] + bytes([sealed[30] ^ 1]) + sealed[31:],
    ):
        with pytest.raises(sealing.SealBroken):
            sealing.opened(PICTURE_KEY, broken, "picture of page 1")
    with pytest.raises(sealing.SealBroken):
        sealing.opened(PICTURE_KEY, sealed, "picture of page 2")


def test_every_page_has_a_status_of_its_own(db: Database, cast: Cast, code: str) -> None:
    strange = codes.new(lambda bits: 2**30)
    sdq = print_sheet(db, cast.mother, "sdq")
    cover = print_sheet(db, cast.mother, None)
    spoiled = print_sheet(db, cast.father, "who5")
    sheets.close(db, sheets.find(db, KEY, spoiled).id, "dead", by="Fatma")
    elsewhere = replace(refused("unknown", code=strange, side=1).reading, base="HTTPS://OTHER.EXAMPLE.ORG")
    pile = scan(
        db,
        page(db, sdq, 3, {"25": 1}),
        page(db, code, 1, WELL),
        page(db, sdq, 1, {}),
        page(db, code, 1, WELL),
        refused("unknown", code=strange, side=1),
        Shown(elsewhere, None),
        page(db, spoiled, 1, {}),
        refused("read", code=cover, side=1),
        *(refused(word) for word in ("black_and_white", "too_small", "no_code", "two_sheets")),
        refused("not_aligned", code=sdq, side=2),
    )
    assert statuses(db, pile) == [
        "read", "read", "read", "doubled", "unknown", "other_study", "dead", "cover",
        "black_and_white", "too_small", "no_code", "two_sheets", "not_aligned",
    ]  # fmt: skip
    found = piles.get(db, pile)
    known = [(page.sheet_id, page.side) for page in found.pages if page.sheet_id is not None]
    assert known == sorted(known)
    assert dict(found.missing)[sheets.find(db, KEY, sdq).id] == (2,)
    assert found.trouble == 9
    # Two copies of the same side in two piles are doubled as well.
    assert statuses(db, scan(db, page(db, code, 1, WELL))) == ["doubled"]


def test_a_sheet_of_another_study_in_this_database_is_not_ours(db: Database, code: str) -> None:
    pile = hand_in(db)
    db.write(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO study (key, kind, protocol, languages, created_at)"
            " SELECT 'other', kind, protocol, languages, created_at FROM study"
        )
    )
    db.write(lambda connection: connection.execute(sa.update(Batch).values(study_id=2)))
    list(scanning.worker(db, page(db, code, 1, WELL)).read_all())
    assert statuses(db, pile) == ["other_study"]


def test_a_form_that_was_confirmed_or_withdrawn_takes_no_more_pages(
    db: Database, cast: Cast, code: str
) -> None:
    first = scan(db, page(db, code, 1, WELL))
    assert statuses(db, first) == ["read"]
    number = sheets.find(db, KEY, code).id
    review = reviewing.load(db, plan(), reviewing.begin(db, plan(), number, "Ria", now=BACK), "Ria")
    reviewing.confirm(db, plan(), review, WELL, sequence="s", now=BACK)
    # The second typing is still to come, but not from another scan.
    assert statuses(db, scan(db, page(db, code, 1, WELL))) == ["entered"]
    other = print_sheet(db, cast.father, "who5")
    scan(db, page(db, other, 1, WELL))
    review = reviewing.load(
        db, ONCE, reviewing.begin(db, ONCE, sheets.find(db, KEY, other).id, "Ria", now=BACK), "Ria"
    )
    assert reviewing.confirm(db, ONCE, review, WELL, sequence="s", now=BACK)
    assert statuses(db, scan(db, page(db, other, 1, WELL))) == ["confirmed"]
    leaving.stop(db, cast.family_id, "family_wish", "keep", now=BACK, actor="test")
    assert statuses(db, scan(db, page(db, code, 1, WELL))) == ["withdrawn"]


def test_what_comes_after_the_wave_has_closed_is_read_and_marked_late(db: Database, code: str) -> None:
    pile = scan(db, page(db, code, 1, WELL), now=BACK + dt.timedelta(days=200))
    (seen,) = piles.get(db, pile).pages
    assert (seen.status, seen.late) == ("read", True)


def test_what_a_reader_that_was_taken_over_says_is_not_believed(db: Database, code: str) -> None:
    honest = page(db, code, 1, WELL)
    elsewhere = Answer("1", (4,), "sure", (), Rect(0, 0, 1, 1))
    for answers in (
        (Answer("no_such_item", (1,), "sure", (), elsewhere.place),),
        (Answer("1", (77,), "sure", (), elsewhere.place),),
        (Answer("1", (4,), "certain", (), elsewhere.place),),  # type: ignore[arg-type]
        (Answer("1", (4,), "sure", ("<script>",), elsewhere.place),),
        (elsewhere, elsewhere),
    ):
        lying = Shown(replace(honest.reading, answers=answers), PICTURE)
        assert statuses(db, scan(db, lying)) == ["broken"]
    for picture in (None, b"GIF89a", b"\xff\xd8\xff" + bytes(9_000_000)):
        assert statuses(db, scan(db, Shown(honest.reading, picture))) == ["broken"]
    assert statuses(db, scan(db, Shown(replace(honest.reading, status="excellent"), PICTURE))) == ["broken"]
    assert statuses(db, scan(db, Shown(replace(honest.reading, side=9), PICTURE))) == ["broken"]
    assert count(db, ScanPicture) == 0


def test_a_file_that_cannot_be_read_says_why_and_the_others_of_its_pile_go_on(
    db: Database, code: str
) -> None:
    def reader(content: bytes, find: Find, limits: Limits) -> Iterator[Shown]:
        if content != b"good":
            raise Unusable(content.decode())
        yield page(db, code, 1, WELL)

    pile = hand_in(db, [b"locked", b"good", b"something_new"])
    list(replace(scanning.worker(db), reader=reader).read_all())
    found = piles.get(db, pile)
    assert [file.status for file in found.files] == ["locked", "read", "failed"]
    assert (count(db, ScanPart), found.trouble) == (0, 2)


def test_another_key_makes_a_file_that_waits_unreadable_and_says_so(db: Database, code: str) -> None:
    pile = hand_in(db)
    list(replace(scanning.worker(db), picture_keys=b"q" * 32).read_all())
    assert [file.status for file in piles.get(db, pile).files] == ["key"]


def test_a_pile_whose_worker_died_is_taken_over_once_and_then_given_up(db: Database, code: str) -> None:
    pile = hand_in(db)
    now = [BACK]
    first = replace(scanning.worker(db, page(db, code, 1, WELL)), now=lambda: now[0])
    assert first.claim() == pile
    assert first.claim() is None
    now[0] += worker.STALE + dt.timedelta(minutes=1)
    assert first.claim() == pile
    assert first.claim() is None
    now[0] += worker.STALE + dt.timedelta(minutes=1)
    assert list(first.read_all()) == [pile]
    assert [file.status for file in piles.get(db, pile).files] == ["failed"]


def test_the_workers_of_a_service_read_what_comes_in_and_clear_up_once_a_day(
    chosen_db: Database, tmp_path: Path
) -> None:
    people.settle(chosen_db)
    settings = Settings(
        secret_key="k" * 40, database_url=url_of(chosen_db), base_url=scanning.BASE, clock=lambda: BACK
    )
    picture = io.BytesIO()
    Image.new("L", (1200, 1700), 255).save(picture, "PNG")
    pile = intake.add(
        chosen_db, settings.picture_keys, 1, [picture.getvalue(), b"no picture"], by="x", now=BACK
    )
    at_work = jobs.Worker(settings, chosen_db)
    while at_work.once():
        pass
    found = piles.get(chosen_db, pile)
    assert [page.status for page in found.pages] == ["empty"]
    assert [file.status for file in found.files] == ["read", "unknown_kind"]
    done = {job.kind: job for job in queue.of(chosen_db)}
    assert (done["read_scans"].status, done["read_scans"].result) == ("done", f"pile {pile}")
    assert (done["clear_scans"].status, done["clear_scans"].result) == ("done", "0 pictures deleted")


def test_a_job_takes_over_the_pile_of_a_worker_that_died(db: Database, code: str) -> None:
    pile = hand_in(db)
    reader = scanning.worker(db, page(db, code, 1, WELL))
    assert reader.claim(pile) == pile
    assert reader.claim(pile) is None
    assert reader.claim(pile, taken_over=True) == pile
    reader.read(pile)
    assert reader.claim(pile, taken_over=True) is None


def test_a_worker_that_is_stopped_leaves_its_pile_as_it_found_it(db: Database, code: str) -> None:
    pile = hand_in(db)

    def stopped(content: bytes, find: Find, limits: Limits) -> Iterator[Shown]:
        yield page(db, code, 1, WELL)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(replace(scanning.worker(db), reader=stopped).read_all())
    assert piles.get(db, pile).status == "waiting"
    assert list(scanning.worker(db, page(db, code, 1, WELL)).read_all()) == [pile]
    assert statuses(db, pile) == ["read"]


def test_what_cannot_be_a_pile_is_refused_and_leaves_nothing(
    db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LARGEST_FILE", 10)
    with pytest.raises(intake.NothingThere):
        hand_in(db, [])
    with pytest.raises(intake.NothingThere):
        hand_in(db, [b"one", b""])
    with pytest.raises(intake.TooManyFiles):
        hand_in(db, [b"x"] * (intake.MOST_FILES + 1))
    with pytest.raises(intake.FileTooLarge) as refusal:
        hand_in(db, [b"x", b"x" * 11])
    assert refusal.value.number == 2
    assert (count(db, ScanPile), count(db, ScanPart)) == (0, 0)


def test_pictures_go_some_days_after_their_form_was_confirmed(db: Database, cast: Cast, code: str) -> None:
    other = print_sheet(db, cast.father, "who5")
    scan(db, page(db, code, 1, WELL), page(db, other, 1, WELL))
    number = sheets.find(db, KEY, code).id
    review = reviewing.load(db, ONCE, reviewing.begin(db, ONCE, number, "Ria", now=BACK), "Ria")
    reviewing.confirm(db, ONCE, review, WELL, sequence="s", now=BACK)
    assert purging.purge(db, ONCE, now=BACK + dt.timedelta(days=29)).pictures == 0
    assert purging.purge(db, ONCE, now=BACK + dt.timedelta(days=30)).pictures == 1
    # What waits for a person stays, however long.
    assert purging.purge(db, ONCE, now=BACK + dt.timedelta(days=900)).pictures == 0
    assert [form.sheet_id for form in piles.forms(db)] == [sheets.find(db, KEY, other).id]
    leaving.stop(db, cast.family_id, "family_wish", "keep", now=BACK, actor="test")
    assert purging.purge(db, ONCE, now=BACK).pictures == 1


def test_a_pile_that_never_came_in_whole_is_cleared_away(db: Database, cast: Cast) -> None:
    pile = hand_in(db)
    db.write(lambda connection: connection.execute(sa.update(ScanPile).values(status="arriving")))
    assert scanning.worker(db).claim() is None
    assert purging.purge(db, plan(), now=BACK + dt.timedelta(hours=5)).piles == 0
    assert purging.purge(db, plan(), now=BACK + dt.timedelta(hours=7)).piles == 1
    with pytest.raises(piles.NoSuchPile):
        piles.get(db, pile)
    assert count(db, ScanPart) == 0


def test_a_family_that_is_erased_takes_its_pages_pictures_and_readings_along(
    db: Database, cast: Cast, code: str
) -> None:
    scan(db, page(db, code, 1, WELL))
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=BACK, actor="test")
    gone = erasure.erase_family(db, cast.family_id, now=BACK, actor="test")
    assert (gone["scan_page"], gone["scan_picture"], gone["scan_reading"]) == (1, 1, 5)


def test_the_tables_that_a_backup_may_leave_empty_are_there(db: Database) -> None:
    with db.read() as connection:
        assert set(PICTURES) <= set(sa.inspect(connection).get_table_names())


def test_typing_and_scanning_the_same_form_at_once_is_refused(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, WELL))
    number = sheets.find(db, KEY, code).id
    entry.begin(db, plan(), number, "Tom", now=at(BACK.date()))
    with pytest.raises(entry.BeingTyped):
        reviewing.begin(db, plan(), number, "Ria", now=BACK)
