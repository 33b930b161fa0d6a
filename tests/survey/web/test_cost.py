"""What a save costs, counted: calls of functions, which are the same on every machine, busy or not."""

from __future__ import annotations

from benchmarks import layers, parts

#: A fifth more than there were when this was written (1,270 on SQLite, 1,330 on PostgreSQL, Python 3.11).
#: Who needs more looks at `python -m benchmarks.layers --profile` first.
MOST_CALLS = 1_600


def test_every_part_of_a_save_is_told_and_none_has_grown_much(database_url: str) -> None:
    with parts.watched() as watch, layers.side_by_side(database_url) as (_app, _link, respondent, _bare):
        respondent.save()
        found = {part: calls for part, _us, calls in parts.profile(watch, respondent.save, 3)}
    elsewhere = {"the queue of writers, and BEGIN", "commit"} if "postgresql" in database_url else set()
    assert {part for part, calls in found.items() if not calls} == elsewhere
    assert 500 < sum(found.values()) < MOST_CALLS


def test_what_was_watched_is_as_it_was_before() -> None:
    before = [getattr(owner, name) for _, where in parts.PARTS for owner, name in where]
    with parts.watched():
        assert [getattr(owner, name) for _, where in parts.PARTS for owner, name in where] != before
    assert [getattr(owner, name) for _, where in parts.PARTS for owner, name in where] == before
