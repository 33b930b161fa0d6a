"""`survey reminders`: links and reminders, by mail or text, to who agreed to that."""

from __future__ import annotations

from functools import partial

import click

from survey import moments
from survey.cli.installation import opened
from survey.cli.outcomes import WrongInput
from survey.post import carriers, reminding
from survey.post.sending import PostOffice


@click.group("reminders")
def command() -> None:
    """Send links and reminders to who agreed to that.

    They wait in a queue, each for a moment at which it is safe for the person. MEETMOMENT_SMTP_URL and
    MEETMOMENT_MAIL_FROM set up mail; MEETMOMENT_TEXT_URL, MEETMOMENT_TEXT_KEY and MEETMOMENT_TEXT_FROM texts.
    """


@command.command()
@click.option(
    "--only-waiting", is_flag=True, help="Send what waits in the queue; remind nobody who is not in it yet."
)
def send(only_waiting: bool) -> None:
    """Put today's reminders in the queue and send what may go now; for every five minutes.

    Safe to stop, and to run twice at once. What is not sent now is sent by a later run.
    """
    from survey.web.announcing import announcement
    from survey.web.i18n import Catalogues
    from survey.web.services import WORDS

    with opened(upgrade=True) as here:
        book, plan = here.contacts(), here.plan
        ways = carriers.of(here.settings)
        if not ways:
            raise WrongInput("nothing can be sent; set MEETMOMENT_SMTP_URL or MEETMOMENT_TEXT_URL.")
        queued = 0 if only_waiting else reminding.plan(here.db, book, plan, moments.now())
        office = PostOffice(
            here.db, book, plan, ways, partial(announcement, Catalogues(WORDS)),
            here.settings.base_url, moments.now,
        )  # fmt: skip
        outcomes = office.send()
    click.echo(f"{queued} reminders were put in the queue.")
    for state, count in sorted(outcomes.items()):
        click.echo(f"{count} {state}")
