"""The service: families, links, visits, what is due, answers, exports, web pages and command line.

May import printable and instruments, never the other way. SQLAlchemy stays outside `survey.web`, Flask
inside it. Nobody outside this room sees a table: the doors below take a `Database` and plain values, and
give small frozen dataclasses.

The door, in the order in which a study meets it:
    settings.Settings               what an installation says in its environment
    db.Database                     read, write (durable when it returns), upgrade
    studies, families, professionals    who takes part, by code only
    links, visits                   a secret address, and what it opens on one device
    schedule.pocket / family_page   what is due for whom on a day; computed, never stored
    responses.open                  one questionnaire, frozen at its first opening
    answers.load / record           the one way answers are seen and the one way they come in
    audit.of                        who did what
    exports, cli, web               what is made of it, and for whom

README.md beside this file has the map; decisions/ says why.
"""
