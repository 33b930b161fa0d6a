"""The report of the pilot, computed from the data of any study: its tables, figures and models.

Nothing in it is typed over from the printed report; where that one slipped, `slips` says so. May import
survey's storage rooms, exports and instruments; none of the web. The doors: `pilot.write`, `quality.write`.

    roster      families and children as they are registered
    numbers     counting, percentages and means as the report rounds them
    study       the data of a study at one moment, with who was eligible when
    models      linear mixed models
    contents    the tables and figures, as numbers
    slips       what the printed report has wrong, and what stands here instead
    fieldwork   response, lateness, minutes, change of reporter, attrition
    answering   skips, where people stop, distributions, answering all alike, reliability
    reliability alpha and omega
    quality     these together, as the page about the fieldwork
    page        the report as one HTML page, with charts
    pilot       all of it, from a database to a file
"""
