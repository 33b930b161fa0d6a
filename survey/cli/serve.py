"""`survey serve`: the study, served to respondents."""

from __future__ import annotations

import click

from instruments import catalogue
from survey import logs, moments, safety, senders, serving, telling, wording_status
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems, WrongInput
from survey.web import help_lines

_UNSURE = (
    "Warning: the number {line.number} on the help page was last checked: {when}. Check it, and write the day"
    " under `verified` in the file of MEETMOMENT_HELP_LINES."
)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option(
    "--long-work/--no-long-work",
    default=True,
    show_default=True,
    help="Do packs, exports and the like beside the web pages; say no where `survey worker` does them.",
)
def command(host: str, port: int, workers: int, long_work: bool) -> None:
    """Serve the study of MEETMOMENT_DATABASE_URL until stopped with Ctrl-C.

    Each process serves MEETMOMENT_THREADS requests at a time. On SQLite one process is best; with
    PostgreSQL give one for each core. Put a proxy in front that speaks https.
    """
    with opened(upgrade=True) as here:
        study = here.study()
        library, plan = here.library, here.plan
        if study.kind == "live":
            today = moments.day(moments.now())
            reasons = [
                *safety.obstacles(here.settings),
                *wording_status.obstacles(library, catalogue(), plan, study.languages, today),
            ]
            if reasons:
                raise FoundProblems(reasons, "A live study cannot be served like this.")
            for line in help_lines.unsure(help_lines.load(here.settings.help_lines), today):
                click.echo(_UNSURE.format(line=line, when=line.verified or "never"), err=True)
        settings = here.settings
        sender = senders.load(settings.sender, plan)
        seen = (settings.base_url, sender.study, sender.organisation, settings.mail_from, settings.text_from)
        for text in seen:
            for word in telling.found_in(text, file=settings.telling):
                click.echo(
                    f"Warning: others can read {text!r}, and {word!r} in it tells something.", err=True
                )
    try:
        serving.check_address(host, port)
    except serving.AddressTaken as error:
        raise WrongInput(f"{error}; stop what listens there, or give another --port.") from error
    click.echo(f"Serving {study.key} on http://{host}:{port}; links begin with {settings.base_url}.")
    logs.begin(settings.log)
    try:
        serving.serve(settings, host=host, port=port, workers=workers, long_work=long_work)
    except serving.NoServer as error:
        raise WrongInput(f"{error}.") from error
