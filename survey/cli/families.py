"""`survey families`: include a family, and make its links."""

from __future__ import annotations

import datetime as dt
import re

import click

from instruments import Edition
from survey import codes, families, links, schedule
from survey.cli.installation import Installation, opened
from survey.cli.outcomes import WrongInput, day
from survey.families import Family, Member


@click.group("families")
def command() -> None:
    """Add a family, or make new links for it."""


@command.command()
@click.option("--municipality", required=True, help="The code of the municipality.")
@click.option("--municipality-name", help="Its name, when it is new.")
@click.option("--t0", "t0", type=day, metavar="YYYY-MM-DD", required=True, help="The day of inclusion.")
@click.option(
    "--parent",
    "parents",
    multiple=True,
    required=True,
    metavar="EDITION",
    help="A parent by the edition they read: nl, or nl-easy. The first one reports on the children.",
)
@click.option(
    "--child",
    "children",
    multiple=True,
    metavar="YYYY-MM[:SEX]",
    help="A child by month of birth, and girl, boy or other where known.",
)
def add(
    municipality: str,
    municipality_name: str | None,
    t0: dt.date,
    parents: tuple[str, ...],
    children: tuple[str, ...],
) -> None:
    """Include a family, and print its code and its links.

    A link is told once: only a digest of it is kept. Make new ones with `survey families links`.
    """
    found_parents = [_parent(text) for text in parents]
    found_children = [_child(text, t0) for text in children]
    with opened(upgrade=True) as here:
        study = here.study()
        place = families.municipality(here.db, study.id, municipality)
        if place is None and municipality_name is None:
            raise WrongInput(
                f"there is no municipality {municipality} yet; give its name with --municipality-name."
            )
        if place is None:
            place = families.add_municipality(here.db, study.id, municipality, municipality_name or "")
        made = families.add_family(
            here.db, study.id, place, t0, parents=found_parents, children=found_children, actor="command line"
        )
        click.echo(f"family {made.code}")
        _print_links(here, families.by_code(here.db, made.code), withdraw=False)


@command.command("links")
@click.argument("code")
@click.option("--withdraw", is_flag=True, help="Withdraw the earlier links: they were lost or seen.")
def links_(code: str, withdraw: bool) -> None:
    """Make and print new links for the family with this CODE."""
    with opened(upgrade=True) as here:
        try:
            family = families.by_code(here.db, code)
        except codes.Mistyped as error:
            raise WrongInput(f"{code!r} is no code; a code looks like K7P-4WX. Check the letters.") from error
        except families.NoSuchFamily as error:
            raise WrongInput(f"{error}; check the code.") from error
        if family.status == "stopped":
            raise WrongInput(f"family {family.code} has stopped, and gets no links.")
        _print_links(here, family, withdraw=withdraw)


def _print_links(here: Installation, family: Family, *, withdraw: bool) -> None:
    if withdraw:
        links.revoke_all(here.db, family_id=family.id, actor="command line")
    token = links.make(here.db, family_id=family.id, actor="command line")
    click.echo(f"family page       {_address(here, token)}")
    for member in family.members:
        if withdraw:
            links.revoke_all(here.db, respondent_id=member.respondent_id, actor="command line")
        if member.role == "parent" or _is_ever_asked(here, family, member):
            token = links.make(here.db, respondent_id=member.respondent_id, actor="command line")
            click.echo(f"{member.role:<6} {member.code:<10} {_address(here, token)}")


def _is_ever_asked(here: Installation, family: Family, member: Member) -> bool:
    """Whether a child has something to answer itself in any wave."""
    due = here.plan.wave_dates(family.t0).values()
    return any(schedule.pocket(here.db, here.plan, member.respondent_id, on).tasks for on in due)


def _address(here: Installation, token: str) -> str:
    return f"{here.settings.base_url}/l/{token}"


def _parent(text: str) -> families.Parent:
    try:
        edition = Edition.parse(text)
    except ValueError as error:
        raise WrongInput(f"--parent: {error}.") from error
    return families.Parent(edition.language, edition.reading)


def _child(text: str, t0: dt.date) -> families.Child:
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-\d{2})?(?::(girl|boy|other))?", text, re.ASCII)
    try:
        if found is None:
            raise ValueError
        born = dt.date(int(found[1]), int(found[2]), 1)
    except ValueError as error:
        raise WrongInput(f"--child: {text!r} is not a month such as 2019-05, or 2019-05:girl.") from error
    if born > t0:
        raise WrongInput(f"--child: {text} lies after the day of inclusion, {t0}.")
    return families.Child(born, found[3])
