"""What a policy officer reads: short sentences, what each number means, and no cause that nobody saw."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from lxml import html as lxml_html

from survey.feedback import ledger, making, pages
from survey.feedback.ledger import Release
from survey.models import Respondent
from survey.translating import readability
from tests.exporting import fill
from tests.people import at, plan
from tests.survey.feedback.conftest import DUE, KEY, Towns

#: Half a year after the first questions, when the families of the towns are asked again.
AGAIN = dt.date(2027, 3, 1)
NO_CAUSE = {
    "nl": "We weten niet of dat door het project komt.",
    "en": "We do not know whether that comes from the project.",
}
#: Words in a sentence for readers of level B1: a rule of thumb, fifteen on average and never many more.
LONGEST = 17


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the typesetting out: it is most of the time."""
    monkeypatch.setattr(pages, "pdf", lambda text: text.encode())


def made(towns: Towns) -> Release:
    return making.make(towns.db, towns.study, plan(), KEY, by="test", now=at(DUE))


def page(towns: Towns, release: Release, language: str) -> lxml_html.HtmlElement:
    found = ledger.document(towns.db, release.id, towns.numbers["G1"], language, "page")
    assert found is not None
    return lxml_html.fromstring(found.content.decode())


def summary(towns: Towns, release: Release, language: str) -> list[str]:
    return page(towns, release, language).xpath("//section[@class='summary']//li/text()")


def answer_again(towns: Towns) -> None:
    """Every parent answers after half a year too, and better than before."""
    with towns.db.read() as connection:
        parents = connection.scalars(sa.select(Respondent.id).where(Respondent.role == "parent")).all()
    for parent in parents:
        fill(towns.db, parent, "who5", AGAIN, {str(item): 5 for item in range(1, 6)})


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_change_is_told_with_what_it_does_not_show(towns: Towns, language: str) -> None:
    assert not [line for line in summary(towns, made(towns), language) if NO_CAUSE[language] in line]
    answer_again(towns)
    told = summary(towns, made(towns), language)
    (feeling,) = [line for line in told if "WHO-5" in line]
    assert (
        feeling
        == {
            "nl": "Hoe ouders zich voelen (vragenlijst WHO-5): gemiddeld 45 bij de start, en gemiddeld 100"
            " na 6 maanden. Dit gaat van 0 tot 100. Hoger is beter.",
            "en": "How parents feel (questionnaire WHO-5): 45 on average at the start, and 100 on average"
            " after 6 months. This goes from 0 to 100. Higher is better.",
        }[language]
    )
    assert NO_CAUSE[language] in told[-1]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_the_sentences_are_short_in_both_languages(towns: Towns) -> None:
    answer_again(towns)
    release = made(towns)
    for language in ("nl", "en"):
        texts = [
            " ".join(str(found.text_content()).split())
            for found in page(towns, release, language).xpath("//li | //p | //td[@class='no']")
        ]
        assert len(texts) > 15
        long = [
            sentence
            for text in texts
            for sentence in readability.sentences(text.replace(";", "."))
            if len(readability.words(sentence)) > LONGEST
        ]
        assert long == []
        if language == "nl":
            assert readability.ease(texts).score > 60, "a text for everybody, by Flesch-Douma"
