"""`survey worker`: what does the long work that pages ask for."""

from __future__ import annotations

import click

from survey import jobs, logs
from survey.cli.installation import opened
from survey.cli.outcomes import WrongInput
from survey.jobs.keeper import keep
from survey.jobs.queue import Job, NoSuchJob

_BY = "command line"


@click.group("worker", invoke_without_command=True)
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
@click.pass_context
def command(context: click.Context, processes: int) -> None:
    """Do long work (packs, scans, exports, reports) until stopped with Ctrl-C.

    `survey serve` does this beside the pages, unless it is told not to. A worker may run on any machine that
    reaches the database, and there may be many. One that is stopped hands its work to the next.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(upgrade=True) as here:
        settings = here.settings
    logs.begin(settings.log)
    click.echo(f"Doing long work in {processes} processes; stop with Ctrl-C.")
    keep(settings, processes=processes)


@command.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
def listing(limit: int) -> None:
    """List the newest jobs."""
    with opened(upgrade=False) as here:
        for job in jobs.of(here.db, limit=limit):
            click.echo(_line(job))


@command.command()
@click.argument("number", type=int)
def cancel(number: int) -> None:
    """Stop the job with this NUMBER; one that runs stops between two pieces of its work."""
    with opened(upgrade=False) as here:
        try:
            click.echo(_line(jobs.cancel(here.db, number, by=_BY)))
        except NoSuchJob as error:
            raise WrongInput(f"{error}.") from error


def _line(job: Job) -> str:
    how_far = f" {job.done} of {job.total}" if job.total else ""
    state = "stopping" if job.stopping else job.status
    # A problem may name everybody whom it is about, each on a line.
    why = job.problem.partition("\n")[0] or job.result
    rest = f": {why}" if why else ""
    return f"{job.id:>6}  {job.asked_at:%Y-%m-%d %H:%M}  {job.kind:<16} {state}{how_far}{rest}"
