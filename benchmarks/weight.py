"""What a phone must fetch: the bytes of every kind of page and of all that it refers to, in each edition.

`python -m benchmarks.weight [--check]`

Compressed with gzip and with brotli, as a web server in front would. The floor is a page with one question
and nothing around it, measured in the same run. A page counts with its style sheet, which stands inside
it. What it refers to (the icon, our script) is fetched once for all pages, and is counted apart.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask.testing import FlaskClient

from instruments import Edition
from survey import families, links, studies
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, create_app
from tests import people

#: Aims in bytes after brotli: the first page with its style sheet; a first page of questions with every
#: script and picture; letters that a page may fetch, for one language.
FIRST_PAGE, WITH_SCRIPT, FONTS = 4 * 1024, 10 * 1024, 80 * 1024
#: The first page that a link leads to, and the first that asks something.
LANDING, ASKING = "link", "question"

_REFERRED = re.compile(r'<(?:link|script|img|source|audio)\b[^>]*?(?:href|src)="([^"]+)"')
_FONT = re.compile(r"url\(([^)]+\.woff2)\)")
FLOOR = (
    b"<!doctype html><html lang=nl><meta charset=utf-8><title>Vraag 1 van 5</title><form method=post>"
    b"<fieldset><legend><h1>Ik voelde me vrolijk</h1></legend>"
    + b"".join(b"<p><label><input type=radio name=q value=%d> Soms %d</label>" % (n, n) for n in range(6))
    + b"</fieldset><button>Verder</button></form>"
)


@dataclass(frozen=True)
class Weight:
    """The bytes of something that is sent."""

    raw: int
    gzip: int
    brotli: int

    @classmethod
    def of(cls, data: bytes) -> Weight:
        """As a web server would send it, squeezed as much as can be."""
        return cls(len(data), len(gzip.compress(data, 9)), len(brotli.compress(data, quality=11)))


@dataclass(frozen=True)
class Measured:
    """One kind of page in one edition, and what it refers to by address."""

    edition: Edition
    name: str
    page: Weight
    referred: dict[str, Weight]
    fonts: dict[str, Weight]

    @property
    def whole(self) -> int:
        """The page with everything it refers to, after brotli; letters apart, since pages do without."""
        return self.page.brotli + sum(each.brotli for each in self.referred.values())


def measured(folder: Path) -> Iterator[Measured]:
    """Every kind of page in every edition of a study in all our languages."""
    database = Database(f"sqlite:///{folder / 'weight.db'}")
    database.upgrade()
    settings = Settings(
        secret_key="k" * 40, database_url=str(database.url), clock=lambda: people.at(people.T0)
    )
    house = Services.of(settings, database=database)
    languages = tuple(dict.fromkeys(edition.language for edition in house.catalogues.editions))
    study = studies.create(database, "weight", "demo", languages=languages, now=people.at(people.T0))
    town = families.add_municipality(database, study, "G1", "Teststad")
    app = create_app(settings, house)
    for edition in house.editions:
        family = families.add_family(
            database,
            study,
            town,
            people.T0,
            parents=[families.Parent(edition.language, edition.reading)],
            children=[families.Child(people.NOOR_BORN), families.Child(dt.date(2017, 2, 1))],
            now=people.at(people.T0),
        )
        token = links.make(database, respondent_id=family.parents[0], now=people.at(people.T0))
        client = app.test_client()
        for name, html in _walk(client, token, edition):
            yield _weighed(client, edition, name, html)
    database.dispose()


def _walk(client: FlaskClient, token: str, edition: Edition) -> Iterator[tuple[str, str]]:
    yield "home", _get(client, f"/?in={edition}")
    yield LANDING, _get(client, f"/l/{token}?in={edition}")
    client.post(f"/l/{token}")
    pocket = _get(client, "/mine")
    yield "pocket", pocket
    csrf = re.findall(r'name="csrf" value="([^"]+)"', pocket)[0]
    # One of each kind: several questions on a page, about a child, with the longest texts there are.
    for task in re.findall(r'name="task" value="([^"]+)"', pocket):
        name = task.split(":")[2]
        sent = client.post("/mine/open", data={"csrf": csrf, "task": task})
        if sent.status_code == 303:
            address = sent.headers["Location"]
            yield (ASKING if name == "who5" else f"question {name}"), _get(client, address)
    response_page = _get(client, address)
    fields = dict(re.findall(r'name="(csrf|sequence)" value="([^"]+)"', response_page))
    yield "question asked again", _get(client, f"{address}?again=1")
    item = re.findall(r'name="i\.([^"]+)"', response_page)[0]
    yield (
        "question with a problem",
        client.post(address, data=fields | {f"i.{item}": "no answer"}).get_data(as_text=True),
    )
    yield "later", _get(client, f"{address.rsplit('/', 1)[0]}/later")
    yield "pause", _get(client, f"{address.rsplit('/', 1)[0]}/pause")
    yield "editions", _get(client, "/edition?from=/mine")
    yield "help", _get(client, "/help")
    yield "thanks", _get(client, "/thanks")


def _get(client: FlaskClient, address: str) -> str:
    return client.get(address, follow_redirects=True).get_data(as_text=True)


def _file(client: FlaskClient, address: str) -> bytes:
    with client.get(address) as response:
        return response.get_data()


def _weighed(client: FlaskClient, edition: Edition, name: str, html: str) -> Measured:
    def fetched(addresses: list[str]) -> dict[str, Weight]:
        return {address: Weight.of(_file(client, address)) for address in dict.fromkeys(addresses)}

    referred = fetched(_REFERRED.findall(html))
    return Measured(edition, name, Weight.of(html.encode()), referred, fetched(_FONT.findall(html)))


def misses(found: list[Measured]) -> list[str]:
    """Every aim that is missed, in words."""
    wrong = []
    for each in found:
        where = f"{each.edition} {each.name}"
        if each.name == LANDING and each.page.brotli > FIRST_PAGE:
            wrong.append(f"{where}: {each.page.brotli} bytes, the aim is {FIRST_PAGE}")
        if each.name in (LANDING, ASKING) and each.whole > WITH_SCRIPT:
            wrong.append(f"{where} with all it may load: {each.whole} bytes, the aim is {WITH_SCRIPT}")
        letters = sum(font.brotli for font in each.fonts.values())
        if letters > FONTS:
            wrong.append(f"{where}: {letters} bytes of letters, the aim is {FONTS}")
    return wrong


def table(found: list[Measured]) -> str:
    """The figures: one row for each kind of page, the lightest and the heaviest edition of it."""
    floor = Weight.of(FLOOR).brotli
    lines = [f"floor: {floor} bytes of brotli", "", "after brotli, lightest and heaviest edition:"]
    for name in dict.fromkeys(each.name for each in found):
        same = sorted((each for each in found if each.name == name), key=lambda each: each.page.brotli)
        least, most = same[0], same[-1]
        lines.append(
            f"{name:<30}{least.page.brotli:>6} {least.edition!s:<8}{most.page.brotli:>6} {most.edition!s:<8}"
            f"gzip {most.page.gzip:>6}  raw {most.page.raw:>6}  {most.page.brotli / floor:4.1f} x floor"
        )
    lines += ["", "first page, and first page of questions with all it may load, by edition:"]
    for edition in dict.fromkeys(each.edition for each in found):
        (first,) = (each for each in found if each.edition == edition and each.name == LANDING)
        (asking,) = (each for each in found if each.edition == edition and each.name == ASKING)
        lines.append(f"{edition!s:<10}{first.page.brotli:>6}{asking.page.brotli:>7}{asking.whole:>7}")
    lines += ["", "fetched once:"]
    once = {address: each for page in found for address, each in (page.referred | page.fonts).items()}
    lines += [f"{address:<44}{each.brotli:>6} gzip {each.gzip:>6}" for address, each in once.items()]
    return "\n".join(lines)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.weight", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when an aim is missed")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        found = list(measured(Path(folder)))
    wrong = misses(found)
    sys.stdout.write("\n".join([table(found), "", *wrong, ""]))
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
