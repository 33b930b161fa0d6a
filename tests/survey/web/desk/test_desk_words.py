"""The words of the desk: complete in Dutch and English, and apart from those of families."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.web import messages


@pytest.mark.parametrize("path", messages.paths(domain=messages.DESK), ids=lambda path: path.parts[-3])
def test_no_text_of_the_desk_is_missing_stale_or_without_its_placeholders(path: Path) -> None:
    assert messages.problems(path, messages.template(domain=messages.DESK)) == []


def test_the_desk_speaks_dutch_and_english_and_families_never_get_its_words() -> None:
    assert [path.parts[-3] for path in messages.paths(domain=messages.DESK)] == ["en", "nl"]
    desk = {str(message.id) for message in messages.template(domain=messages.DESK) if message.id}
    families = {str(message.id) for message in messages.template() if message.id}
    assert "This month" in desk - families
