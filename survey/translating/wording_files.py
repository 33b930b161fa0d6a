"""Writing wording files by the machine so that a person would have written them the same way."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping

import yaml

from instruments import BrokenFile, reading
from instruments.wording import About

#: Files have lines no longer than this, so that changes read well.
_WIDTH = 110

#: Where a text stands in a file: `("text", "item.1")` or `("versions", "parent-2-4", "item.1")`.
Path = tuple[str, ...]


def fresh(about: About, text: Mapping[str, str], versions: Mapping[str, Mapping[str, str]]) -> str:
    """A wording file from nothing."""
    lines = ["about:"]
    for name, value in about.model_dump().items():
        if name == "notes":
            if value:
                lines += ["  notes:", *(f"    - {_scalar(note, 6, len('    - '))}" for note in value)]
        else:
            lines.append(f"  {name}: {_value(name, value)}")
    lines.append("text:")
    lines += [_entry(key, words, 2) for key, words in text.items()]
    if versions:
        lines.append("versions:")
        for version, own in versions.items():
            lines.append(f"  {version}:" if own else f"  {version}: {{}}")
            lines += [_entry(key, words, 4) for key, words in own.items()]
    return "\n".join(lines) + "\n"


def revised(content: str, changes: Mapping[Path, str | None]) -> str:
    """A wording file with some texts replaced, and every other character as it was.

    Raises:
        KeyError: the file has no text at one of the paths.
    """
    whole = yaml.compose(content, Loader=yaml.SafeLoader)
    assert whole is not None, "the file was read before, so it is not empty"
    places: dict[Path, yaml.Node] = {}
    for path in changes:
        node = whole
        for step in path:
            node = _below(node, step)
        places[path] = node
    for path, node in sorted(places.items(), key=lambda found: -found[1].start_mark.index):
        start, end = node.start_mark.index, node.end_mark.index
        old = content[start:end]
        column = start - content.rfind("\n", 0, start) - 1
        new = changes[path]
        depth = 2 * len(path)
        written = "null" if new is None else _scalar(new, depth, column)
        # A folded text ends after its line break; whatever is behind the old words stays.
        content = content[:start] + written + old[len(old.rstrip()) :] + content[end:]
    return content


def _below(node: yaml.Node, step: str) -> yaml.Node:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                found: yaml.Node = value
                return found
    raise KeyError(step)


def _value(name: str, value: object) -> str:
    if value is None:
        return "null"
    return json.dumps(value) if name == "date" else _scalar(str(value), 4, len(name) + 4)


def _entry(key: str, words: str, indent: int) -> str:
    return f"{' ' * indent}{key}: {_scalar(words, indent + 2, indent + len(key) + 2)}"


def _scalar(text: str, indent: int, column: int) -> str:
    """A text as YAML: plain where it can be, quoted where it must, folded where it is long.

    Args:
        indent: of the lines of a folded text.
        column: where its first character comes to stand.
    """
    if column + len(text) + 2 > _WIDTH and "  " not in text and text == text.strip():
        folded = textwrap.wrap(text, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        return "\n".join([">-", *(" " * indent + line for line in folded)])
    return text if _is_plain(text) else json.dumps(text, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    try:
        return reading.read(f"key: {text}\n", "") == {"key": text}
    except BrokenFile:
        return False
