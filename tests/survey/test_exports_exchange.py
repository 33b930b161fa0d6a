"""An export for other systems, read by their own libraries: DDI-Codebook, FHIR R4, XLSForm."""

from __future__ import annotations

import csv
import dataclasses
import json
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from instruments import catalogue
from instruments.codebook import missing_values, variable_name
from instruments.wording import Library
from survey import exports
from survey.db import Database
from survey.wording_packs import OURS
from tests import ddi, people
from tests.exporting import FULL, Told, sums
from tests.kinds import Places
from tests.people import plan

DDI = ddi.NAMESPACE


@pytest.fixture(scope="module")
def told(places: Places) -> Iterator[tuple[Database, Told]]:
    with places.upgraded() as database:
        yield database, Told(database, people.settle(database))


def written(database: Database, folder: Path) -> Path:
    library = Library([OURS], catalogue())
    wanted = dataclasses.replace(FULL, also=("fhir", "xlsform"))
    return exports.write(database, plan(), folder, library=library, wanted=wanted).folder


@pytest.fixture(scope="module")
def folder(told: tuple[Database, Told], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(told[0], tmp_path_factory.mktemp("export") / "out")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_same_data_give_the_same_bytes(told: tuple[Database, Told], folder: Path, tmp_path: Path) -> None:
    assert sums(folder) == sums(written(told[0], tmp_path / "again"))


def test_ddi_describes_every_column_of_the_codebook(folder: Path) -> None:
    root = ElementTree.parse(folder / "codebook.xml").getroot()
    files = {
        each.get("ID"): each.findtext(f"{DDI}fileTxt/{DDI}fileName") for each in root.iter(f"{DDI}fileDscr")
    }
    variables = list(root.iter(f"{DDI}var"))
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(files[v.get("files")], v.get("name"), v.findtext(f"{DDI}labl")) for v in variables] == [
        (f"{row['file']}.csv", row["variable"], row["label"]) for row in rows
    ]
    for variable, row in zip(variables, rows, strict=True):
        missing = [int(each.get("VALUE", "")) for each in variable.iter(f"{DDI}item")]
        assert missing == (list(missing_values()) if row["missing"] else [])


def test_ddi_is_what_the_schema_lets_it_be(folder: Path) -> None:
    root = ElementTree.parse(folder / "codebook.xml").getroot()
    assert ddi.faults(root) == []
    assert {each.tag.removeprefix(DDI) for each in root.iter()} == set(ddi.MODELS), "the table has no more"


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ("<codeBook ", '<codeBook note="x" ', "codeBook has note='x'"),
        (' version="2.5"', ' version="2.1"', "codeBook has version='2.1'"),
        ("</docDscr>", '</docDscr><fileDscr ID="F_x" />', "codeBook holds docDscr fileDscr stdyDscr"),
        ("<titlStmt>", "<titlStmt><titl>twice</titl>", "titlStmt holds titl titl, and not titl"),
        ("<prodStmt>", "<prodStmt>words", "prodStmt says 'words'"),
        ("<abstract>", "<sumDscr /><abstract>", "sumDscr is not in the table"),
        ('ID="F_parent.family"', 'ID="F_parent.wave"', "F_parent.wave is the ID of 2 elements"),
        ('ID="F_parent.family"', 'ID="1 family"', "var has ID='1 family'"),
        ('files="F_child"', 'files="F_nobody"', "F_nobody is referred to, and nothing has it as its ID"),
        ('name="family" ', "", "var has no name"),
        ('nature="ordinal"', 'nature="scale"', "var has nature='scale'"),
        ('schema="SPSS"', 'schema="other"', "varFormat has schema='other'"),
        ('<item VALUE="-1" />', "<item />", "item has no VALUE"),
    ],
)
def test_what_the_schema_of_ddi_refuses_is_noticed(
    folder: Path, written: str, instead: str, fault: str
) -> None:
    text = (folder / "codebook.xml").read_text("utf-8")
    assert written in text
    found = ddi.faults(ElementTree.fromstring(text.replace(written, instead, 1)))
    assert [each for each in found if each.startswith(fault)]


def test_ddi_counts_the_rows_of_every_file(folder: Path) -> None:
    root = ElementTree.parse(folder / "codebook.xml").getroot()
    for text in root.iter(f"{DDI}fileTxt"):
        frame = pl.read_parquet(folder / str(text.findtext(f"{DDI}fileName")).replace(".csv", ".parquet"))
        assert text.findtext(f"{DDI}dimensns/{DDI}caseQnty") == str(frame.height)
        assert text.findtext(f"{DDI}dimensns/{DDI}varQnty") == str(frame.width)


def test_fhir_resources_pass_the_library_of_the_field(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what that library says about itself
        from fhir.resources.R4B.questionnaire import Questionnaire
        from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

        for resource in lines(folder / "fhir-questionnaires.ndjson"):
            Questionnaire.model_validate(resource)
        for resource in lines(folder / "fhir-responses.ndjson"):
            QuestionnaireResponse.model_validate(resource)


def test_fhir_responses_hold_every_answer_but_free_text(told: tuple[Database, Told], folder: Path) -> None:
    questionnaires = {it["url"]: it for it in lines(folder / "fhir-questionnaires.ndjson")}
    found = {it["id"]: it for it in lines(folder / "fhir-responses.ndjson")}
    _, answered = told
    assert len(found) == len(answered.given)
    for number, given in answered.given.items():
        resource = found[f"response-{number}"]
        items = {it["linkId"]: it for it in questionnaires[resource["questionnaire"].split("|")[0]]["item"]}
        closed = {key for key in given if items[key]["type"] != "text"}
        assert {item["linkId"] for item in resource.get("item", [])} == closed
        for item in resource.get("item", []):
            options = [it["valueCoding"]["code"] for it in items[item["linkId"]].get("answerOption", [])]
            codes = [it["valueCoding"]["code"] for it in item.get("answer", []) if "valueCoding" in it]
            assert set(codes) <= set(options)
            value = given[item["linkId"]]
            if codes:
                assert codes == [str(code) for code in (value if isinstance(value, tuple) else (value,))]
            else:
                assert "extension" in item or isinstance(value, int | str)


def test_fhir_questions_depend_on_questions_that_are_there(folder: Path) -> None:
    seen = 0
    for questionnaire in lines(folder / "fhir-questionnaires.ndjson"):
        names = {item["linkId"] for item in questionnaire["item"]}
        for item in questionnaire["item"]:
            for test in item.get("enableWhen", []):
                assert test["question"] in names
                seen += 1
            assert ("enableBehavior" in item) == (len(item.get("enableWhen", [])) > 1)
    assert seen > 20


def test_xlsforms_pass_the_library_of_the_field_and_ask_every_item(folder: Path) -> None:
    from pyxform import xls2xform

    paths = sorted(folder.glob("xlsform-*.xlsx"))
    assert len(paths) >= 14
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what that library says about itself
            form = xls2xform.convert(path).xform
        key, version = next(
            (it.id, it.version) for it in catalogue().all() if path.stem == f"xlsform-{it.id}-{it.version}"
        )
        instrument = catalogue().get(key, version)
        bound = [
            each.get("nodeset", "").rpartition("/")[2]
            for each in ElementTree.fromstring(form).iter()
            if each.tag.endswith("}bind")
        ]
        asked = [variable_name(instrument, item) for page in instrument.pages for item in page]
        assert [name for name in bound if name in set(asked)] == asked


def test_an_export_holds_them_only_when_asked(told: tuple[Database, Told], tmp_path: Path) -> None:
    plain = exports.write(told[0], plan(), tmp_path / "plain").folder
    assert not [path for path in plain.iterdir() if path.name.startswith(("fhir", "xlsform"))]
    assert (plain / "codebook.xml").exists()
