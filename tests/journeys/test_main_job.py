"""From a family link on a phone to a scored export row."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pyreadstat
import pytest

from survey.cli import main
from tests import haven
from tests.journeys.conftest import Guide, House
from tests.kinds import BOTH

pytestmark = pytest.mark.browser

GRADE_ITEM = {"evaluation_parent": "7", "evaluation_child": "6", "evaluation_linking_pin": "6"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("javascript", "database_kind"),
    [(True, BOTH[-1]), (False, BOTH[0])],
    ids=["with JavaScript", "without JavaScript"],
    indirect=["database_kind"],
)
def test_a_family_answers_on_phones_and_a_researcher_finds_every_answer_and_score(
    house: House,
    new_guide: Callable[..., Guide],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    javascript: bool,
) -> None:
    # The mother of Sam (1;7), Noor (5;1) and Daan (9;10), with the link of the family.
    mother = new_guide(javascript=javascript)
    mother.begin(house.link(family_id=house.cast.family_id))
    mother.look("family")
    assert mother.page.locator("button[name=respondent]").count() == 2, "the child's pocket is not shown"
    mother.press("button[name=respondent]")
    mother.look("pocket")
    asked: dict[str, int] = {}

    def pedsql(item: str) -> int:
        # The questionnaires come child by child; the first PedsQL is answered 1 throughout, the second 2.
        if item == "p1":
            asked["pedsql"] = asked.get("pedsql", 0) + 1
        return asked["pedsql"]

    def sdq(item: str) -> int:
        if item == "1":
            asked["sdq"] = asked.get("sdq", 0) + 1
        return asked["sdq"] - 1

    count = mother.answer_everything(
        {
            "pedsql": pedsql,
            "sdq": sdq,
            "tapqol": lambda item: 3 if item.endswith("_feeling") else 1,
            "who5": lambda item: 6 - int(item),  # 5 4 3 2 1
            "vgk": lambda item: 4 if item.startswith("w") else 3,
            "parenting_scale": lambda item: None if item == "l1" else 3,
            "evaluation_parent": lambda item: 8 if item == "7" else None if item == "6" else 2,
        }
    )
    assert count == 9
    assert "/thanks" in mother.page.url
    mother.look("thanks")

    # Daan answers alone, on his own link.
    daan = new_guide(javascript=javascript)
    daan.begin(house.link(respondent_id=house.cast.daan))
    daan.join()
    assert daan.answer_everything({"evaluation_child": lambda item: 7 if item == "6" else int(item)}) == 1

    # And Fatma, the linking pin, half a year after her first family began.
    fatma = new_guide(javascript=javascript)
    fatma.begin(house.link(respondent_id=house.cast.fatma))
    tip = "Stuur de vragen eerder, graag."
    assert (
        fatma.answer_everything(
            {"evaluation_linking_pin": lambda item: {"6": 9, "7": tip}.get(item, 1)}  # type: ignore[dict-item]
        )
        == 1
    )

    # The researcher.
    folder = tmp_path / "export"
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", house.settings.database_url)
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", house.settings.secret_key)
    with pytest.raises(SystemExit) as end:
        main(["export", "--no-pdf", "--free-text", "--reason", "a test", str(folder)])
    assert end.value.code == 0

    # Every answer is in the .sav, as a Python library and as R's haven read it.
    given = {**mother.given, **daan.given, **fatma.given}
    assert len(given) > 150
    read = [pyreadstat.read_sav(folder / "long.sav", user_missing=True, output_format="polars")[0].to_dicts()]
    words = pyreadstat.read_sav(folder / "free_text.sav", output_format="polars")[0].to_dicts()
    assert [row["text"] for row in words] == [tip]
    if not haven.missing():
        read.append(haven.cells(folder, ["long"], tmp_path)["long"])
    with house.database.read() as connection:
        keys = dict(connection.exec_driver_sql("SELECT id, key FROM response").fetchall())
    for rows_read in read:
        found = {(keys[int(row["response"])], row["item"]): row for row in rows_read}
        assert set(found) == set(given)
        for place, answer in given.items():
            if not isinstance(answer, str):
                assert float(found[place]["value"]) == (-2 if answer is None else answer), place

    about_children = {row["child"]: row for row in rows(folder / "parent_about_child.csv")}
    assert len(about_children) == 3
    sam, noor, daan_row = (
        next(row for row in about_children.values() if row[f"{instrument}_version"] == version)
        for instrument, version in [
            ("tapqol", "parent-0-1"),
            ("pedsql", "parent-5-7"),
            ("pedsql", "parent-8-12"),
        ]
    )
    assert {row["wave"] for row in about_children.values()} == {"T1"}
    assert {row["family"] for row in about_children.values()} == {house.cast.family_code}

    # TAPQOL: answers are kept, scores are not released.
    assert (sam["tapqol_sleeping1"], sam["tapqol_sleeping1_feeling"]) == ("1", "3")
    assert sam["tapqol_sleeping"] == ""

    # One child's PedsQL is 1 throughout (every item 75), the other's 2 (every item 50).
    scores = {noor["pedsql_p1"]: noor, daan_row["pedsql_p1"]: daan_row}
    assert float(scores["1"]["pedsql_total"]) == float(scores["1"]["pedsql_psychosocial"]) == 75
    assert float(scores["2"]["pedsql_total"]) == float(scores["2"]["pedsql_physical"]) == 50
    # 75 is neither below 74.5 (5-7 years) nor below 73.2 (8-12 years); 50 is below both.
    assert scores["1"]["pedsql_total_flag"] == "0"
    assert scores["2"]["pedsql_total_flag"] == "1"

    # SDQ 0 throughout: only the reversed items count (7; 21, 25; 11, 14), each 2. 1 throughout: 5 a scale.
    zeros, ones = sorted((noor, daan_row), key=lambda row: row["sdq_1"])
    names = ("emotional", "conduct", "hyperactivity", "peer", "prosocial", "total_difficulties")
    assert [float(zeros[f"sdq_{name}"]) for name in names] == [0, 2, 4, 4, 0, 10]
    assert [float(ones[f"sdq_{name}"]) for name in names] == [5, 5, 5, 5, 5, 20]
    # 10 is not above 13 or 17; 20 is above both.
    assert (zeros["sdq_total_difficulties_flag"], ones["sdq_total_difficulties_flag"]) == ("0", "1")

    (parent,) = rows(folder / "parent.csv")
    assert float(parent["who5_raw"]) == 15
    assert (float(parent["who5_score"]), parent["who5_score_flag"]) == (60, "0")
    assert (float(parent["vgk_waardering"]), parent["vgk_waardering_flag"]) == (32, "0")
    assert (float(parent["vgk_samenwerking"]), parent["vgk_samenwerking_flag"]) == (45, "1")
    # Four of five laxness items are enough; the skipped one has its own code.
    assert parent["parenting_scale_l1"] == "-2"
    assert (float(parent["parenting_scale_laxness"]), parent["parenting_scale_laxness_flag"]) == (3, "1")
    assert [parent[f"evaluation_parent_{n}"] for n in range(1, 8)] == ["2", "2", "2", "2", "2", "-2", "8"]
    assert parent["evaluation_parent_mode"] == "web"

    (child,) = rows(folder / "child.csv")
    assert [child[f"evaluation_child_{n}"] for n in range(1, 7)] == ["1", "2", "3", "4", "5", "7"]
    (pin,) = rows(folder / "linking_pin.csv")
    assert [pin[f"evaluation_linking_pin_{n}"] for n in range(1, 7)] == ["1", "1", "1", "1", "1", "9"]
    assert tip in (folder / "free_text.csv").read_text("utf-8-sig")

    # And SPSS reads the same, with its labels and its missing codes.
    frame, about = pyreadstat.read_sav(folder / "parent.sav", user_missing=True, output_format="polars")
    assert frame["parenting_scale_l1"][0] == -2
    assert about.variable_value_labels["evaluation_parent_1"][1] == "helemaal mee eens"
    assert "PROVISIONAL" in about.column_names_to_labels["vgk_waardering"]
