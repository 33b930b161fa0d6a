"""A questionnaire as an XLSForm, for those who field it with ODK, KoboToolbox or LimeSurvey.

Names of questions are the names of the columns of an export, and answers have the same codes, so that data
from elsewhere can be laid beside ours. Rights in the wording stay whose they are: a form of a licensed
questionnaire may be used only by who holds the licence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from instruments import Instrument, Item
from instruments.codebook import variable_name
from instruments.model import When
from instruments.wording import Wording

_SURVEY = ("type", "name", "label", "hint", "required", "relevant", "constraint", "appearance")
_Row = dict[str, str]


def write(instrument: Instrument, wording: Wording, path: Path, made: dt.datetime) -> None:
    """A version of a questionnaire, worded in one edition, as an .xlsx with its three sheets.

    Args:
        made: what the file gives as its moment of making.
    """
    sheets = {
        "survey": (_SURVEY, list(_survey(instrument, wording))),
        "choices": (("list_name", "name", "label"), list(_choices(instrument, wording))),
        "settings": (
            ("form_title", "form_id", "version"),
            [
                {
                    "form_title": wording.text("title"),
                    "form_id": f"{instrument.id}-{instrument.version}",
                    "version": str(instrument.revision),
                }
            ],
        ),
    }
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": made.astimezone(dt.UTC).replace(tzinfo=None)})
        for name, (head, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate([dict(zip(head, head, strict=True)), *rows]):
                for place, key in enumerate(head):
                    sheet.write_string(line, place, row.get(key, ""))


def _survey(instrument: Instrument, wording: Wording) -> Iterator[_Row]:
    yield {"type": "text", "name": "respondent", "label": "respondent", "required": "yes"}
    if any(item.from_months is not None for item in instrument.items):
        yield {"type": "integer", "name": "age_months", "label": "age_months", "required": "yes"}
    intro = wording.text("intro")
    if instrument.recall is not None:
        intro = f"{intro} {wording.text('recall')}"
    yield {"type": "note", "name": "intro", "label": intro}
    for number, page in enumerate(instrument.pages, 1):
        yield {
            "type": "begin_group",
            "name": f"page_{number}",
            "label": wording.text("title"),
            "appearance": "field-list",
        }
        for key in page:
            yield _question(instrument, instrument.item(key), wording)
        yield {"type": "end_group"}


def _question(instrument: Instrument, item: Item, wording: Wording) -> _Row:
    row = {"name": variable_name(instrument, item.id), "label": wording.text(f"item.{item.id}")}
    if item.hint:
        row["hint"] = wording.text(f"hint.{item.id}")
    conditions = []
    if item.show_if is not None:
        conditions.append(_condition(instrument, item.show_if))
    if item.from_months is not None:
        conditions.append(f"${{age_months}} >= {item.from_months}")
    row["relevant"] = " and ".join(conditions)
    match item.kind:
        case "choice":
            row["type"] = f"select_one {item.options}"
        case "choices":
            row["type"] = f"select_multiple {item.options}"
        case "number":
            row["type"] = "integer"
            bounds = ((">=", item.min), ("<=", item.max))
            row["constraint"] = " and ".join(f". {sign} {edge}" for sign, edge in bounds if edge is not None)
        case "date":
            row["type"] = "date"
        case "text":
            row["type"] = "text"
            row["constraint"] = f"string-length(.) <= {item.max_length}"
            row["appearance"] = "multiline" if item.lines > 1 else ""
    return row


def _condition(instrument: Instrument, when: When) -> str:
    if when.item is not None:
        question = f"${{{variable_name(instrument, when.item)}}}"
        several = instrument.item(when.item).kind == "choices"
        tests = [
            f"selected({question}, '{code}')" if several else f"{question} = '{code}'" for code in when.is_
        ]
        return f"({' or '.join(tests)})"
    sign, parts = (" and ", when.all) if when.all else (" or ", when.any)
    return f"({sign.join(_condition(instrument, part) for part in parts)})"


def _choices(instrument: Instrument, wording: Wording) -> Iterator[_Row]:
    used = {item.options for item in instrument.items}
    for name, options in instrument.options.items():
        if name in used:
            for code in options.codes:
                words = wording.text(f"options.{name}.{code}") if code in options.labelled else str(code)
                yield {"list_name": name, "name": str(code), "label": words}
