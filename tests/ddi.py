"""What DDI-Codebook 2.5 lets stand where, of the elements that an export uses: a table to hold a codebook to.

Read from the DDI Alliance's schema: DDI-Codebook 2.5, `codebook.xsd` of 2012-01-17. It is not the schema, and
narrower: what is not in the table is refused, although the schema may know it. The value "other" is left out
wherever the schema has it, since its text asks for a term of a named vocabulary beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

NAMESPACE = "{ddi:codebook:2_5}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
#: The types of XML Schema that the attributes have: an ID is a name without a colon.
TEXT, ID, IDREFS = r"[\s\S]*", r"[A-Za-z_][\w.-]*", r"[A-Za-z_][\w.-]*( [A-Za-z_][\w.-]*)*"
DATE = r"\d{4}-\d\d-\d\d"
#: What every element may carry.
EVERYWHERE = {"ID": ID, _LANGUAGE: r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"}


@dataclass(frozen=True)
class Model:
    """What an element holds.

    The children stand in this order, each once or as often as its sign says: ? at most once, * any number,
    + at least once. Where `text` is no pattern but empty, there are no words beside the children.
    """

    children: str = ""
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


WORDS = Model(text=TEXT)
NUMBER = Model(text=r"\d+")
MODELS = {
    "codeBook": Model("docDscr* stdyDscr+ fileDscr* dataDscr*", attributes={"version": r"2\.5"}),
    "docDscr": Model("citation? notes*"),
    "stdyDscr": Model("citation+ stdyInfo* notes*"),
    "citation": Model("titlStmt prodStmt? notes*"),
    "titlStmt": Model("titl"),
    "titl": Model(text=r"[\s\S]+"),
    "prodStmt": Model("prodDate* software*"),
    "prodDate": Model(text=DATE, attributes={"date": DATE}),
    "software": Model(text=TEXT, attributes={"date": DATE, "version": TEXT}),
    "stdyInfo": Model("abstract* notes*"),
    "abstract": WORDS,
    "fileDscr": Model("fileTxt* notes*"),
    "fileTxt": Model("fileName? fileCont? dimensns? fileType?"),
    "fileName": WORDS,
    "fileCont": WORDS,
    "dimensns": Model("caseQnty* varQnty*"),
    "caseQnty": NUMBER,
    "varQnty": NUMBER,
    "fileType": Model(text=TEXT, attributes={"charset": TEXT}),
    "dataDscr": Model("var* notes*"),
    "var": Model(
        "labl* invalrng* catgry* concept* varFormat? notes*",
        attributes={
            "name": TEXT,
            "files": IDREFS,
            "intrvl": "contin|discrete",
            "nature": "nominal|ordinal|interval|ratio|percent",
        },
        required=("name",),
    ),
    "labl": WORDS,
    "invalrng": Model("item+"),
    "item": Model(attributes={"VALUE": TEXT, "UNITS": "INT|REAL"}, required=("VALUE",)),
    "catgry": Model("catValu? labl*", attributes={"missing": "Y|N"}),
    "catValu": WORDS,
    "concept": WORDS,
    "varFormat": Model(
        text=TEXT,
        attributes={
            "type": "numeric|character",
            "formatname": TEXT,
            "schema": "SAS|SPSS|IBM|ANSI|ISO|XML-Data",
            "category": "date|time|currency",
        },
    ),
    "notes": Model(text=TEXT, attributes={"type": TEXT, "subject": TEXT, "level": TEXT, "resp": TEXT}),
}


def faults(root: Element) -> list[str]:
    """What of a codebook is not as the table has it, in words; nothing when all is well."""
    if root.tag != f"{NAMESPACE}codeBook":
        return [f"{root.tag} is not a codebook"]
    ids = Counter(name for each in root.iter() if (name := each.get("ID")))
    found = [f"{name} is the ID of {times} elements" for name, times in ids.items() if times > 1]
    for element in root.iter():
        found += _faults(element)
        for name in (element.get("files") or "").split():
            if name not in ids:
                found.append(f"{name} is referred to, and nothing has it as its ID")
    return found


def _faults(element: Element) -> Iterator[str]:
    name = element.tag.removeprefix(NAMESPACE)
    model = MODELS.get(name)
    if model is None:
        yield f"{name} is not in the table"
        return
    children = [child.tag.removeprefix(NAMESPACE) for child in element]
    if not re.fullmatch(_order(model.children), "".join(f"{child} " for child in children)):
        yield f"{name} holds {' '.join(children) or 'nothing'}, and not {model.children or 'nothing'}"
    words = [element.text or "", *(child.tail or "" for child in element)]
    said = words[0] if model.text else "".join(words).strip()
    if not re.fullmatch(model.text, said):
        yield f"{name} says {said!r}"
    for attribute, value in element.attrib.items():
        allowed = {**EVERYWHERE, **model.attributes}.get(attribute)
        if allowed is None or not re.fullmatch(allowed, value):
            yield f"{name} has {attribute}={value!r}"
    for attribute in model.required:
        if attribute not in element.attrib:
            yield f"{name} has no {attribute}"


def _order(children: str) -> str:
    """The pattern of children that stand in an order: `titlStmt prodStmt?` as `(titlStmt )(prodStmt )?`."""
    return re.sub(r"(\w+)([?*+]?) ?", r"(\1 )\2", children)
