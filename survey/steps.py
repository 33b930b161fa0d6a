"""The steps between the forms that tables have had, on a connection that `Database` hands over.

A form is called by the number of the migration that made it. Alembic is imported where it is needed: only a
change of form needs it, and it takes a tenth of a second.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory


class LaterTables(RuntimeError):
    """The tables have a form that this version does not know."""

    def __init__(self, form: str | None) -> None:
        super().__init__(
            f"the tables are of form {form}, which a newer version of the service made: run that version, or"
            " let it bring them back with `survey study downgrade`"
        )


def form(connection: Connection) -> str | None:
    """Which form the tables have; None when there are none."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


@cache
def known(chain: str) -> ScriptDirectory:
    """The steps of a chain (package and folder of its migrations) that this version knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config(chain))


def upgrade(connection: Connection, chain: str, to: str) -> str | None:
    """Take the steps forward; tells which form there was before. Raises LaterTables."""
    from alembic import command

    take_turn(connection)
    before = form(connection)
    if before is not None and before not in {step.revision for step in known(chain).walk_revisions()}:
        raise LaterTables(before)
    command.upgrade(_config(chain, connection), to)
    return before


def downgrade(connection: Connection, chain: str, to: str) -> None:
    """Take the steps back. `survey.way_back` looks first at what would be lost."""
    from alembic import command

    command.downgrade(_config(chain, connection), to)


def take_turn(connection: Connection) -> None:
    """Be the only one who changes the form, until the commit; the others wait, and then find it changed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260101)")  # any number will do


def _config(chain: str, connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", chain)
    config.attributes["connection"] = connection
    return config
