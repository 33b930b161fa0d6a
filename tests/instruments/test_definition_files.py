"""A broken definition is refused with every problem, where it is, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import BrokenFile, UnknownInstrument, loading, reading

GOOD = (Path(__file__).parent / "examples" / "feelings.yaml").read_text("utf-8")


def problems(text: str) -> list[reading.Problem]:
    with pytest.raises(BrokenFile) as broken:
        loading.parse(text, "feelings.yaml")
    return broken.value.problems


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ("revision: 1", "revision: 0", "revision", "See"),
        ("minutes: 2", "minuts: 2", "minutes", "Add the key"),
        ("minutes: 2", "minutes: 2\ncolour: red", "colour", "Remove the key"),
        ("evidence: decision\noptions", "evidence: sure\noptions", "evidence", "Use one of"),
        ("is: [1]}}\n  - {id: where", "is: [7]}}\n  - {id: where", "items.club.show_if", "Use a code"),
        ("{item: sports, is: [1]}", "{item: since, is: [1]}", "items.club.show_if", "earlier pages"),
        ("{item: sports, is: [1]}", "{item: sports}", "items.club.show_if", "one form"),
        ("part_of: club,", "part_of: clup,", "items.club_feeling.part_of", "first part"),
        ("[times, since, tips]", "[times, since]", "pages", "on a page"),
        ("[times, since, tips]", "[times, tips, since]", "pages", "one order"),
        ("[times, since, tips]", "[times, since, tips, times]", "pages", "Keep one"),
        ("min: 0, max: 7,", "", "items.times", "what is possible"),
        ("options: places,", "options: plaatsen,", "items.where.options", "Name one"),
        ("items: [sports, mood],", "items: [sports, moed],", "scores.sum", "items of this file"),
        ("reverse: [mood]", "reverse: [club]", "scores.sum.reverse", "Reverse only"),
        ("min_answered: 1,", "", "scores.sum.min_answered", "how many"),
        ("min_answered: 1", "min_answered: 3", "scores.sum.min_answered", "how many"),
        ("sources: [T]}", "sources: [X]}", "scores.sum.sources", "List it"),
        ("items: [sports, mood],", "items: [sports, tips],", "scores.sum", "closed items"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(old: str, new: str, key: str, remedy: str) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert any(key in problem.key and remedy in problem.remedy for problem in found), [*map(str, found)]
    assert all(problem.file == "feelings.yaml" for problem in found)


def test_all_mistakes_are_told_at_once() -> None:
    text = GOOD.replace("part_of: club,", "part_of: clup,").replace("sources: [T]}", "sources: [X]}")
    assert len(problems(text)) == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id: a\nid: b\n", "twice"),
        ("- just\n- a list\n", "no mapping"),
        ("id: [unclosed\n", "expected"),
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("id: !!python/object:os.system x\n", "could not determine a constructor"),
        ("x" * (reading.LONGEST_FILE + 1), "too long"),
    ],
)
def test_what_is_not_plain_yaml_is_refused(text: str, what: str) -> None:
    assert any(what in problem.what for problem in problems(text))


def test_no_stays_a_word_and_a_version_keeps_its_zeros() -> None:
    assert reading.read("no: yes\nversion: 1.10\nnumber: 3\nnothing: null\n", "f") == {
        "no": "yes",
        "version": "1.10",
        "number": 3,
        "nothing": None,
    }


def test_an_unknown_instrument_is_answered_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "feelings").mkdir()
    (tmp_path / "feelings" / "everybody.yaml").write_text(GOOD, "utf-8")
    catalogue = loading.load(tmp_path)
    with pytest.raises(UnknownInstrument, match="it has: everybody"):
        catalogue.get("feelings", "nobody")
    with pytest.raises(UnknownInstrument, match="there are: feelings"):
        catalogue.get("thoughts", "everybody")


def test_a_file_in_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "moods").mkdir()
    (tmp_path / "moods" / "everybody.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(BrokenFile, match="Use the same names"):
        loading.load(tmp_path)


def test_a_published_version_cannot_be_edited_in_silence(tmp_path: Path) -> None:
    folder, lock = tmp_path / "catalogue", tmp_path / "published.lock"
    path = folder / "feelings" / "everybody.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD, "utf-8")
    assert [problem.what for problem in loading.lock_problems(folder, lock)] == [
        "the version is not published"
    ]
    loading.publish(folder, lock)
    assert loading.lock_problems(folder, lock) == []
    path.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert loading.lock_problems(folder, lock) == []
    path.write_text(GOOD.replace("max: 7", "max: 8"), "utf-8")
    assert [problem.key for problem in loading.lock_problems(folder, lock)] == ["feelings/everybody"]
    path.unlink()
    assert [problem.what for problem in loading.lock_problems(folder, lock)] == ["the published file is gone"]
