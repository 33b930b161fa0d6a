"""Questionnaires and answers as HL7 FHIR R4 resources, one JSON resource a line.

People stand in them as logical references: an identifier with a system of ours, never a name. What people
wrote in their own words is left out: it has a file and a permission of its own. An answer that is missing
says why with the standard extension data-absent-reason. Scores are not part of a QuestionnaireResponse.

Source: HL7 FHIR R4 (4.0.1), Questionnaire and QuestionnaireResponse.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from instruments import Instrument, Item, Missing
from instruments.model import Given, When
from instruments.wording import Wording
from survey import moments
from survey.exports.reading import Filled

_ROOT = "urn:meetmoment"
_HL7 = "http://hl7.org/fhir/StructureDefinition"
_TYPES = {"choice": "choice", "choices": "choice", "number": "integer", "date": "date", "text": "text"}
_STATUSES = {"open": "in-progress", "complete": "completed", "stopped": "stopped"}
#: Codes of HL7's data-absent-reason.
_REASONS = {
    Missing.skipped: "asked-declined",
    Missing.not_applicable: "not-applicable",
    Missing.unreadable: "error",
    Missing.two_marks: "error",
}

Resource = dict[str, Any]


def line(resource: Resource) -> str:
    """A resource on one line."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n"


def questionnaire(instrument: Instrument, wording: Wording) -> Resource:
    """A version of a questionnaire, worded in one edition."""
    found: Resource = {
        "resourceType": "Questionnaire",
        "id": _id(instrument),
        "language": wording.edition.language,
        "url": _url(instrument),
        "version": str(instrument.revision),
        "name": "".join(part.capitalize() for part in _id(instrument).split("-")),
        "title": wording.text("title"),
        "status": "active" if wording.about.status in ("reviewed", "official") else "draft",
        "experimental": wording.about.status == "demonstration",
        "copyright": f"{instrument.rights.holder}. {instrument.rights.licence}",
        "description": wording.text("intro"),
        "item": [_item(instrument, item, wording) for item in instrument.items],
    }
    return found


def response(filled: Filled, settled: Mapping[str, Given]) -> Resource:
    """The answers of one response, free text left out. Not for void ones.

    Args:
        settled: what was answered, by item.
    """
    definition = filled.definition
    moment = moments.read(filled.completed_at or filled.first_opened_at)
    author = _person(filled.role, filled.professional or filled.respondent)
    found: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": f"response-{filled.id}",
        "language": filled.language,
        "questionnaire": f"{_url(definition)}|{filled.revision}",
        "status": _STATUSES[filled.status],
        "subject": author if filled.child is None else _person("child", filled.child),
        "authored": moment.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "author": author,
        "extension": [{"url": f"{_ROOT}:wave", "valueCode": filled.wave}],
    }
    items = [
        {"linkId": item.id, **_answer(definition, item, settled[item.id])}
        for item in definition.items
        if item.kind != "text" and item.id in settled
    ]
    if items:
        found["item"] = items
    return found


def _item(instrument: Instrument, item: Item, wording: Wording) -> Resource:
    found: Resource = {
        "linkId": item.id,
        "text": wording.text(f"item.{item.id}"),
        "type": _TYPES[item.kind],
    }
    extensions: list[Resource] = []
    if item.kind == "number":
        edges = (("minValue", item.min), ("maxValue", item.max))
        extensions += [
            {"url": f"{_HL7}/{name}", "valueInteger": edge} for name, edge in edges if edge is not None
        ]
    if item.from_months is not None:
        extensions.append({"url": f"{_ROOT}:from-months", "valueInteger": item.from_months})
    if extensions:
        found["extension"] = extensions
    if item.show_if is not None:
        found |= _enabled(instrument, item.show_if)
    if item.kind == "choices":
        found["repeats"] = True
    if item.kind == "text":
        found["maxLength"] = item.max_length
    if item.options is not None:
        options = instrument.options[item.options]
        found["answerOption"] = [
            {
                "valueCoding": _coding(instrument, item, code)
                | (
                    {"display": wording.text(f"options.{item.options}.{code}")}
                    if code in options.labelled
                    else {}
                )
            }
            for code in options.codes
        ]
    return found


def _enabled(instrument: Instrument, when: When) -> Resource:
    """A condition as FHIR has it: a flat list of which all or any must hold.

    Raises:
        NotImplementedError: conditions in conditions; FHIR R4 has no way to say them.
    """
    if when.item is not None:
        parts: tuple[When, ...] = (when,)
        behaviour = "any"
    else:
        parts, behaviour = (when.all, "all") if when.all else (when.any, "any")
    if any(part.item is None or (behaviour == "all" and len(part.is_) > 1) for part in parts):
        raise NotImplementedError("FHIR R4 cannot say a condition within a condition")
    tests = [
        {
            "question": part.item,
            "operator": "=",
            "answerCoding": _coding(instrument, instrument.item(part.item), code),
        }
        for part in parts
        if part.item is not None
        for code in part.is_
    ]
    return {"enableWhen": tests} | ({"enableBehavior": behaviour} if len(tests) > 1 else {})


def _answer(instrument: Instrument, item: Item, given: Given) -> Resource:
    if isinstance(given, Missing):
        return {"extension": [{"url": f"{_HL7}/data-absent-reason", "valueCode": _REASONS[given]}]}
    if isinstance(given, tuple):
        if not given:
            return {}
        return {"answer": [{"valueCoding": _coding(instrument, item, code)} for code in given]}
    if item.kind == "choice":
        assert isinstance(given, int)  # the checks let nothing else into a choice
        return {"answer": [{"valueCoding": _coding(instrument, item, given)}]}
    return {"answer": [{"valueDate" if item.kind == "date" else "valueInteger": given}]}


def _coding(instrument: Instrument, item: Item, code: int) -> Resource:
    return {"system": f"{_ROOT}:codes:{instrument.id}:{item.options}", "code": str(code)}


def _person(role: str, code: str) -> Resource:
    return {"identifier": {"system": f"{_ROOT}:{role.replace('_', '-')}", "value": code}}


def _url(instrument: Instrument) -> str:
    return f"{_ROOT}:questionnaire:{instrument.id}:{instrument.version}"


def _id(instrument: Instrument) -> str:
    return f"{instrument.id}-{instrument.version}".replace("_", "-").replace(".", "-")
