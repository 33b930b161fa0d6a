"""What people read is in translations and nowhere else: no text in templates, none in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

HOUSE = Path(__file__).parents[2]
TEMPLATES = sorted(
    path
    for room in ("survey/web/templates", "printable/templates", "survey/feedback/templates")
    for path in (HOUSE / room).rglob("*")
    if path.suffix in (".html", ".svg")
)
MODULES = sorted(path for room in ("survey/web", "printable") for path in (HOUSE / room).rglob("*.py"))
MODULES += [HOUSE / f"survey/feedback/{name}.py" for name in ("contents", "drawing", "pages", "words")]
#: Technical: what they say is about fonts, margins, catalogues and figures, to who looks after them.
NOT_READ = {"printable/inks.py", "printable/pdf.py", "survey/web/messages.py", "survey/web/watching.py"}

#: The ways in which a text is looked up in a catalogue.
LOOKED_UP = {"_", "_l", "gettext", "ngettext", "pgettext", "say", "lazy_gettext"}
#: What these are given is read by who runs the service.
FOR_US = {"warning", "error", "info", "debug", "exception", "getLogger", "ArgumentParser", "add_argument"}
#: Attributes that are read, or read aloud.
READ_ALOUD = {
    "alt",
    "title",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "placeholder",
    "label",
}
#: Names are the same in every language: of the service, and of what files are called by.
NAMES = re.compile(r"\b(?:Meetmoment|FHIR|XLSForm|SHA-256)\b")

#: What stands in these is not for reading; a `kbd` says what is printed on a key.
NOT_PROSE = ("style", "script", "kbd")

A_WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)")
SEVERAL_WORDS = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}")


class Reader(HTMLParser):
    """What a template says outside its expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in NOT_PROSE
        described = tag == "meta" and dict(attrs).get("name") == "description"
        for name, value in attrs:
            if name in READ_ALOUD or (described and name == "content"):
                self._take(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in NOT_PROSE

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._take(data)

    def _take(self, text: str) -> None:
        text = NAMES.sub("", text)
        if A_WORD.search(text):
            self.found.append(text.strip())


def said_by(template: str) -> list[str]:
    """The words in a template that no catalogue knows."""
    parts = []
    kind_of_block = re.compile(r"\{%-?\s*block kind\s*-?%\}.*?\{%-?\s*endblock\s*-?%\}", re.DOTALL)
    for _, kind, value in Environment(extensions=["jinja2.ext.i18n"]).lex(kind_of_block.sub("", template)):
        parts.append(value if kind == "data" else "")
    reader = Reader()
    # Markup that is written in pieces between expressions reads as attributes, not as words.
    reader.feed(re.sub(r'(?<![<\w])[a-z-]+=""', "", "".join(parts)))
    reader.close()
    return reader.found + [text for text in _constants(template) if SEVERAL_WORDS.search(text)]


def _constants(template: str) -> Iterator[str]:
    """The strings in the expressions of a template that are not looked up."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(template)
    known = {
        id(constant)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in LOOKED_UP
        for constant in call.find_all(nodes.Const)
    }
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and id(constant) not in known:
            yield constant.value


def said_in(code: str) -> list[str]:
    """The texts in a module that look like something to read, and that nothing looks up."""
    tree = ast.parse(code)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and SEVERAL_WORDS.search(node.value)
        and "<" not in node.value
        and not _is_for_us(node, above)
    ]


def _is_for_us(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """A docstring, a looked-up text, an error or a log line."""
    if isinstance(above[node], ast.Expr):
        return True
    while node in above:
        node = above[node]
        if isinstance(node, (ast.Raise, ast.Assert)):
            return True
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in LOOKED_UP | FOR_US | {"__init__"}:
                return True
    return False


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_template_says_anything_by_itself(path: Path) -> None:
    assert said_by(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_module_that_makes_pages_or_paper_holds_a_text_to_read(path: Path) -> None:
    if str(path.relative_to(HOUSE)) not in NOT_READ:
        assert said_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello you') }}</p>", []),
        ("<p>{{ 'Hello you' }}</p>", ["Hello you"]),
        ('<img alt="A dog">', ["A dog"]),
        ('<img alt="{{ _("A dog") }}">', []),
        ('<meta name="description" content="About you">', ["About you"]),
        ("<title>{{ title }} – Meetmoment</title>", []),
        ("{# a note to us #}<!-- and this -->", []),
        ("<script>let words = 1</script>", []),
        ("<kbd>Enter</kbd> then Enter", ["then Enter"]),
        ('<a {% if x == "some thing" %}{% endif %}>', ["some thing"]),
    ],
)
def test_the_reader_of_templates_sees_what_a_respondent_would(template: str, words: list[str]) -> None:
    assert said_by(template) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('page = "Good morning to you"', ["Good morning to you"]),
        ('page = _("Good morning to you")', []),
        ('"""A docstring of several words."""', []),
        ('raise ValueError("this went wrong")', []),
        ('log.warning("this went wrong")', []),
        ('def view():\n    return "Thank you all"', ["Thank you all"]),
    ],
)
def test_the_reader_of_modules_tells_texts_for_us_from_texts_for_them(code: str, words: list[str]) -> None:
    assert said_in(code) == words
