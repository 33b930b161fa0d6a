"""How hard Dutch is to read: a smoke alarm for easy texts, not a proof.

Flesch-Douma is Flesch's reading ease with the weights that W.H. Douma found for Dutch (De leesbaarheid van
landbouwbladen, Wageningen 1960): 206.84 - 0.93 x words per sentence - 77 x syllables per word. Easy texts
lie at 80 and above. Below about thirty words the number says nothing; there the length of sentences and
words is what counts. That people can read a text is found out with people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_SENTENCE = 10
LONGEST_WORD = 12
EASE = 80.0
#: Fewer words than this have no reading ease worth naming.
FEWEST_WORDS = 30

#: Longer than `LONGEST_WORD`, and still what everybody calls it.
KNOWN_LONG_WORDS = frozenset(
    {"kinderdagverblijf", "vrijwilligerswerk", "kindertelefoon", "hulpverleners", "voorbeeldtekst"}
)

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.?!:])\s+")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
#: A syllable has one of these; vowels that stand together otherwise are two (be-amen, vi-ool).
_VOWELS = re.compile(
    r"aai|ooi|oei|eeu|ieu|aa|ee|oo|uu|ie|oe|eu|ui|ei|ij|ou|au|ai|[aeiouyàáâäèéêëìíîïòóôöùúûü]", re.IGNORECASE
)


@dataclass(frozen=True)
class Ease:
    """The measures of a text that runs on."""

    words: int
    words_a_sentence: float
    #: Flesch-Douma: higher is easier.
    score: float


def words(text: str) -> list[str]:
    """The words of a text; placeholders and numbers are none."""
    return _WORD.findall(_PLACEHOLDER.sub("7", text))


def sentences(text: str) -> list[str]:
    """The sentences of a text; what comes after a colon is one of its own, as it is when read aloud."""
    return [part for part in _SENTENCE_END.split(text) if words(part)]


def syllables(word: str) -> int:
    """The syllables of a Dutch word, at least one."""
    return max(1, len(_VOWELS.findall(word)))


def ease(texts: Iterable[str]) -> Ease:
    """The measures of several texts together, each of which begins a new sentence.

    Raises:
        ValueError: there is no word in them.
    """
    parts = [sentence for text in texts for sentence in sentences(text)]
    found = [word for part in parts for word in words(part)]
    if not found:
        raise ValueError("there is nothing to read in it")
    length = len(found) / len(parts)
    score = 206.84 - 0.93 * length - 77 * sum(map(syllables, found)) / len(found)
    return Ease(len(found), length, score)


def complaints(text: str) -> list[str]:
    """What makes one easy text hard: long sentences and long words."""
    found = [
        f"a sentence of {len(sentence.split())} words: {sentence}"
        for sentence in sentences(text)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    long = {word for word in words(text) if len(word) > LONGEST_WORD and word.lower() not in KNOWN_LONG_WORDS}
    return found + [f"a word of {len(word)} letters: {word}" for word in sorted(long)]
