"""Sheets for translators: rows as CSV for a spreadsheet, as PO or as XLIFF for a translation program.

What is written can be read back without a difference. What is read comes from outside and may hold
anything: no entity is followed, nothing is unpacked, and a file that is too large is not read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.parsers import expat

from babel.messages.catalog import Catalog

from instruments import BrokenFile, Edition, Problem
from survey.translating import catalogues, plurals
from survey.translating.interface import Interface
from survey.translating.rows import Returned, Row, made_from, placeholders

FORMATS = ("csv", "po", "xliff")
#: No sheet of ours comes near this.
LARGEST = 20_000_000

#: A spreadsheet takes a cell that begins like this for a formula. It gets a quote before it, which is
#: taken off again; a text that begins with such quotes by itself gets one more.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")

_XLIFF = "urn:oasis:names:tc:xliff:document:1.2"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def write(rows: Sequence[Row], edition: Edition, form: str) -> bytes:
    """A sheet.

    Args:
        form: one of `FORMATS`; `po` holds texts of the interface only.
    """
    return {"csv": _csv, "po": _po, "xliff": _xliff}[form](rows, edition)


def read(data: bytes, form: str, edition: Edition, interface: Interface | None = None) -> list[Returned]:
    """What a sheet of an edition says.

    Args:
        interface: whose texts a PO file holds; the other forms say so themselves.

    Raises:
        BrokenFile: it is not a sheet of this form and edition.
    """
    if len(data) > LARGEST:
        raise _broken("the file is too large to be a sheet", "Send one questionnaire at a time.")
    if form == "po":
        if interface is None:
            raise _broken("a PO file holds texts of pages or paper", "Give --texts screen or paper.")
        return _from_po(data, interface)
    return _from_csv(data, edition) if form == "csv" else _from_xliff(data)


def _broken(what: str, remedy: str) -> BrokenFile:
    return BrokenFile([Problem("the sheet", "", what, remedy)])


def _column(edition: Edition) -> str:
    return str(edition)


def _csv(rows: Sequence[Row], edition: Edition) -> bytes:
    origin = made_from(edition)
    head = ["file", "key", f"source ({origin or 'en'})", "English", _column(edition), "note", "seal"]
    file = io.StringIO()
    out = csv.writer(file, lineterminator="\r\n")
    out.writerow(head)
    for row in rows:
        cells = [row.file, row.key, row.source, row.english, row.text, row.note, row.seal]
        out.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    # Spreadsheets know by the mark at the beginning that this is UTF-8.
    return file.getvalue().encode("utf-8-sig")


def _from_csv(data: bytes, edition: Edition) -> list[Returned]:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken("it is not UTF-8", "Save it as “CSV UTF-8” in the spreadsheet.") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _broken(f"it cannot be read as CSV ({error})", "Save it as CSV once more.") from error
    head = [cell.strip() for cell in lines[0]] if lines else []
    wanted = ("file", "key", "seal", _column(edition))
    missing = [name for name in wanted if head.count(name) != 1]
    if missing:
        raise _broken(
            f"it has no column {missing[0]!r}", f"Keep the first line as it was; {edition} is the language."
        )
    places = [head.index(name) for name in wanted]
    result = []
    for line in lines[1:]:
        cells = [line[place] if place < len(line) else "" for place in places]
        if any(cell.strip() for cell in cells):
            file, key, seal, found = (cell[1:] if _QUOTED.match(cell) else cell for cell in cells)
            result.append(Returned(file, key, seal.strip(), found))
    return result


def _po(rows: Sequence[Row], edition: Edition) -> bytes:
    catalogue = Catalog(
        locale=edition.language, project="Meetmoment", version="1", charset="utf-8", fuzzy=False
    )
    catalogue.header_comment = f"# Texts for {edition}. Translate each msgid; leave the header as it is."
    grouped: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.address[:3], []).append(row)
    for (context, msgid, plural), forms in grouped.items():
        notes = [f"Dutch: {row.source}" for row in forms[:1]] + [
            f"msgstr[{number}]: {row.note}" if plural else row.note
            for number, row in enumerate(forms)
            if row.note
        ]
        texts = tuple(row.text for row in forms)
        catalogue.add(
            (msgid, plural) if plural else msgid,
            texts if plural else texts[0],
            flags={"python-format"} if placeholders(msgid) else (),
            auto_comments=notes,
            context=context or None,
        )
    return catalogues.text(catalogue).encode()


def _from_po(data: bytes, interface: Interface) -> list[Returned]:
    language = interface.edition.language
    found = catalogues.read(data, "the sheet", language)
    try:
        order = plurals.moved(found, catalogues.fresh(interface.domain, interface.edition))
    except plurals.StrangePlurals as error:
        raise _broken(str(error), "Put the header Plural-Forms back as it was.") from error
    result = []
    for message in catalogues.messages(found):
        texts = ("",) if message.fuzzy else catalogues.forms(message)
        places: list[tuple[int | None, int]] = [(None, 0)]
        if message.pluralizable:
            places = list(enumerate(order))
        for form, theirs in places:
            key = interface.key(message.context, catalogues.singular(message), form)
            result.append(Returned(interface.file, key, None, texts[theirs] if theirs < len(texts) else ""))
    return result


def _xliff(rows: Sequence[Row], edition: Edition) -> bytes:
    origin = made_from(edition) or Edition("en")
    ElementTree.register_namespace("", _XLIFF)
    root = ElementTree.Element(f"{{{_XLIFF}}}xliff", {"version": "1.2"})
    bodies: dict[str, ElementTree.Element] = {}
    for row in rows:
        if row.file not in bodies:
            attributes = {
                "original": row.file,
                "source-language": origin.html_lang,
                "target-language": edition.html_lang,
                "datatype": "plaintext",
            }
            file = ElementTree.SubElement(root, f"{{{_XLIFF}}}file", attributes)
            bodies[row.file] = ElementTree.SubElement(file, f"{{{_XLIFF}}}body")
        unit = ElementTree.SubElement(
            bodies[row.file],
            f"{{{_XLIFF}}}trans-unit",
            {"id": row.seal, "resname": row.key, _SPACE: "preserve"},
        )
        _element(unit, "source", row.source, {_LANG: origin.html_lang})
        state = "needs-review-translation" if row.text else "new"
        _element(unit, "target", row.text, {_LANG: edition.html_lang, "state": state})
        if row.english:
            _element(unit, "note", row.english, {"from": "English"})
        if row.note:
            _element(unit, "note", row.note, {"from": "Meetmoment"})
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _element(parent: ElementTree.Element, name: str, text: str, attributes: dict[str, str]) -> None:
    ElementTree.SubElement(parent, f"{{{_XLIFF}}}{name}", attributes).text = text


def _from_xliff(data: bytes) -> list[Returned]:
    def refuse(*_: object) -> None:
        raise _broken("it declares a document type", "Export it again as plain XLIFF 1.2.")

    # A document type is where entities are declared, the means of every attack by XML; XLIFF needs none.
    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = refuse
    try:
        guard.Parse(data, True)
        root = ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise _broken(f"it cannot be read as XML ({error})", "Export it again as XLIFF 1.2.") from error
    if root.tag != f"{{{_XLIFF}}}xliff":
        raise _broken("it is not XLIFF 1.2", "Export it again as XLIFF 1.2.")
    return [
        Returned(file.get("original", ""), unit.get("resname", ""), unit.get("id", ""), _target(unit))
        for file in root.iter(f"{{{_XLIFF}}}file")
        for unit in file.iter(f"{{{_XLIFF}}}trans-unit")
    ]


def _target(unit: ElementTree.Element) -> str:
    found = unit.find(f"{{{_XLIFF}}}target")
    return "" if found is None else "".join(found.itertext())
