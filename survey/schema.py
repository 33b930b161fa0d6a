"""All tables of the database, whoever declares them: who imports this knows them all.

Rooms declare their tables on one base (`survey.models.Base`). What is about the whole database (migrations,
erasure) must not depend on who happened to be imported before.
"""

from __future__ import annotations

from survey import callbacks, export_tables, people_keys, pulses, sheet_tables, windows
from survey.accounts import tables as accounts_tables
from survey.feedback import tables as feedback_tables
from survey.fieldwork import tables as fieldwork_tables
from survey.jobs import tables as jobs_tables
from survey.models import Base
from survey.post import tables as post_tables
from survey.scans import tables as scan_tables

#: The modules that declare tables besides `survey.models`.
ROOMS = (
    accounts_tables,
    callbacks,
    export_tables,
    feedback_tables,
    fieldwork_tables,
    jobs_tables,
    people_keys,
    post_tables,
    pulses,
    scan_tables,
    sheet_tables,
    windows,
)

#: Every table.
METADATA = Base.metadata
