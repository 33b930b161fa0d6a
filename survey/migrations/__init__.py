"""How the tables came to be, one numbered step each, taken by `Database.upgrade`.

Every step has its way back: `downgrade` leaves the tables exactly as the form before had them, on both
databases, and keeps what that form has a place for. What it has no place for need not be counted here:
`way_back` sees what a step takes away, tables, rows and columns, and asks first. A row that would not fit an
earlier rule is deleted by the step (and so counted), never made to look like another. A column that came with
its check in one `ALTER TABLE` goes in one; what else alters a table on SQLite uses `op.batch_alter_table`.

`tests/survey/test_way_back.py` takes every step back and forward with rows in every table.
"""
