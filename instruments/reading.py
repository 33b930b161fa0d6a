"""Reading YAML strictly: string keys, no duplicates, and `no` stays the word "no".

The usual YAML loader turns the key ``no`` into ``False``, ``1.10`` into ``1.1`` and keeps the last
of two equal keys without a word. For a measurement definition each of those is a silent error, so
this reader knows three plain types only: whole numbers, ``true``/``false`` and ``null``. Everything
else is text; in particular a cut-off such as ``78.5`` arrives as the text it was written as.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one file: where it is, what is wrong, and how to mend it."""

    file: str
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.what}. {self.remedy}"


class BrokenFile(Exception):
    """A definition, protocol or wording file that cannot be used; carries every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class _StrictLoader(yaml.SafeLoader):
    """A safe loader without the surprising implicit types."""


_StrictLoader.yaml_implicit_resolvers = {}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789")
)


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=key_node.start_mark)
        key = str(key_node.value)
        if key in result:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark
            )
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)

#: No file of ours comes near this; a larger one is a mistake or an attack (aliases multiply in memory).
LONGEST_FILE = 1_000_000


def read(text: str, file: str) -> dict[str, Any]:
    """The mapping in a YAML text.

    Raises:
        BrokenFile: not YAML, not a mapping, too long, a duplicate key, or an alias (never needed in
            our files, and the means of the "billion laughs" attack), naming line and remedy.
    """
    if len(text) > LONGEST_FILE:
        raise BrokenFile([Problem(file, "", "the file is too long", "Split it, or check what it is.")])
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise BrokenFile([Problem(file, "", "aliases (*name) are not used here", "Write the value out.")])
        data = yaml.load(text, Loader=_StrictLoader)  # a SafeLoader, made stricter
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BrokenFile(
            [Problem(file, f"line {line}", error.problem or "not readable", "Mend the YAML on this line.")]
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenFile([Problem(file, "", f"not readable as YAML ({error})", "Mend the YAML.")]) from error
    if not isinstance(data, dict):
        raise BrokenFile([Problem(file, "", "the file holds no mapping", "Start with `key: value` lines.")])
    return data
