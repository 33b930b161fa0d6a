"""What every test may ask for: a database of either kind, and a phone."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page

from tests import browser as browsers
from tests import kinds, postgres

# As Hypothesis has it where CI is set: how long an example takes says how busy the machine is, no more.
hypothesis.settings.register_profile(
    "busy", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kinds.Places]:
    """Hands out databases of either kind, for fixtures that a whole module shares.

    PostgreSQL is started at the first test that needs it, and outlives everything that was handed out.
    """
    with contextlib.ExitStack() as kept:
        server = functools.cache(lambda: kept.enter_context(postgres.running()))
        yield kinds.Places(server, tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgres_server(places: kinds.Places) -> postgres.Server:
    """The private PostgreSQL of this run."""
    return places.server()


# For all, so that a module can ask for a kind (`on_both`) though not every test in it has a database.
@pytest.fixture(autouse=True)
def database_kind(request: pytest.FixtureRequest) -> kinds.Kind:
    """The kind of database of this test: that of the run, or each in turn in a module that is `on_both`."""
    found: kinds.Kind = getattr(request, "param", kinds.CHOSEN)
    return found


@pytest.fixture
def postgres_url(places: kinds.Places) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is this test's alone."""
    with places.empty("postgresql") as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that is this test's alone; the file does not exist yet."""
    return f"sqlite:///{tmp_path / 'study.db'}"


@pytest.fixture
def chosen_url(database_kind: kinds.Kind, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of the kind that this run is on."""
    url: str = request.getfixturevalue("postgres_url" if database_kind == "postgresql" else "sqlite_url")
    return url


@pytest.fixture
def contacts_url(database_kind: kinds.Kind, places: kinds.Places) -> Iterator[str]:
    """The URL of an empty database for names and numbers, of the kind that this run is on."""
    with places.empty(database_kind) as url:
        yield url


@pytest.fixture(params=kinds.BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; a test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue("postgres_url" if request.param == "postgresql" else "sqlite_url")
    return url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def new_phone(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Hands out phones: `new_phone()`, `new_phone("ar", javascript=False)`; each gives its page.

    At the end of the test every phone is looked at for what no page of ours may do.
    """
    phones: list[browsers.Phone] = []

    def hand_out(language: str = "nl-NL", *, javascript: bool = True) -> Page:
        phone = browsers.Phone(browser, language, javascript=javascript)
        phones.append(phone)
        return phone.page

    yield hand_out
    for phone in phones:
        phone.close()


@pytest.fixture
def phone(new_phone: Callable[..., Page]) -> Page:
    """The page of one Dutch-speaking phone of 360 x 740 pixels."""
    return new_phone()
