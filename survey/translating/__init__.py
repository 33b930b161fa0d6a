"""The desk of translators: words go out as sheets, come back, are checked, and are never trusted blindly.

It may import `instruments` and `printable` (what paper says) and works on the files of `translations`
only: no database, no web.

The door:
    questionnaires.Questionnaires   the wording of one edition, as rows
    interface.Interface             the texts of pages or paper in one edition, as rows
    sheets.write / read             rows as CSV, PO or XLIFF, and back
    receiving.receive               what a sheet that came back would change, and what is wrong with it
    sources.stale / confirm         translations whose Dutch text has changed since
    overview.markdown               editions by status, for the README
    readability, terms              alarms that the tests and `sheet --read` sound
"""
