"""`survey accounts`: invite the first people who may sign in, and let them begin anew."""

from __future__ import annotations

import click

from survey import families, moments
from survey.accounts import people, second_factor
from survey.accounts.people import EmailTaken, Newcomer
from survey.cli.installation import opened
from survey.cli.outcomes import WrongInput, table
from survey.policy import Role

#: What is audited as the one who did it.
_ACTOR = "command line"
#: Roles that are for the whole study, unless places are given.
_WIDE = (Role.RESEARCHER, Role.DATA_MANAGER, Role.ADMIN)


@click.group("accounts")
def command() -> None:
    """Invite members of staff, or let them begin anew."""


@command.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--email", required=True, help="The address with which they will sign in.")
@click.option("--name", help="Their name; the address when it is left out.")
@click.option(
    "--municipality",
    "municipalities",
    multiple=True,
    metavar="CODE",
    help="Where the role holds; may be given more than once.",
)
@click.option("--everywhere", is_flag=True, help="The role holds in the whole study.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
def invite(
    role: str, email: str, name: str | None, municipalities: tuple[str, ...], everywhere: bool, language: str
) -> None:
    """Invite somebody, and print the address at which they choose a password. It works once, for a week."""
    if "@" not in email or len(email) > 200:
        raise WrongInput(f"{email!r} is no e-mail address.")
    wide = everywhere or (Role(role) in _WIDE and not municipalities)
    if not wide and not municipalities:
        raise WrongInput(f"say where a {role} works, with --municipality CODE or --everywhere.")
    with opened(upgrade=True) as here:
        study = here.study()
        places = []
        for code in municipalities:
            place = families.municipality(here.db, study.id, code)
            if place is None:
                raise WrongInput(f"there is no municipality {code}; add one with a family in it first.")
            places.append(place)
        newcomer = Newcomer(email, name or email, Role(role), places, wide, language)
        try:
            _, token = people.invite(here.db, study.id, newcomer, now=moments.now(), actor=_ACTOR)
        except EmailTaken as error:
            raise WrongInput(f"{email} has an account already; see `survey accounts reset`.") from error
        click.echo(f"{here.settings.base_url}/desk/invitation/{token}")


@command.command()
@click.argument("email")
def reset(email: str) -> None:
    """Let the person with this EMAIL begin anew: lost password, lost phone, or both."""
    with opened(upgrade=True) as here:
        account = next((one for one in people.listing(here.db) if one.email == email.strip().lower()), None)
        if account is None:
            raise WrongInput(f"nobody with {email} works here; see `survey accounts list`.")
        token = people.reset(here.db, account.id, now=moments.now(), actor=_ACTOR)
        click.echo(f"{here.settings.base_url}/desk/invitation/{token}")


@command.command("list")
def list_() -> None:
    """Print who works here, and as what."""
    with opened(upgrade=False) as here:
        rows = [[one.email, one.role.value, one.status] for one in people.listing(here.db)]
        click.echo(table(["e-mail", "role", "status"], rows))


@command.command()
@click.argument("key", required=False)
def code(key: str | None) -> None:
    """Print the code of this moment for the KEY of a second factor; for demonstrations without a phone.

    Without KEY it is asked for: what stands on a command line can be read by everybody on the machine.
    """
    key = key or click.prompt("Key", hide_input=True, err=True)
    try:
        click.echo(second_factor.current_code(key, moments.now()))
    except ValueError as error:
        raise WrongInput(f"{key!r} is no key of a second factor.") from error
