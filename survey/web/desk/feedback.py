"""What municipalities are told: the releases, page by page; and the draft that waits to be published.

Nothing here is worked out: pages and files are the bytes that were made, looked at and published.
"""

from __future__ import annotations

from flask import Response, g, render_template, request
from markupsafe import Markup

from survey import families
from survey.feedback import ledger, standing
from survey.feedback.ledger import Release
from survey.policy import Action, Scope
from survey.web.desk import failures, guard
from survey.web.desk.guard import NotYours, me, route
from survey.web.replies import go
from survey.web.services import services


@route("/feedback", Action.READ_REPORT)
def feedback() -> str:
    """What was published and what comes when; for who publishes, the drafts."""
    house, study = services(), services().study
    there = {
        number: name
        for number, name in families.places(house.database).items()
        if guard.may(Action.READ_REPORT, Scope(frozenset({number})))
    }
    found = None if study is None else standing.of(house.database, study, house.protocol, house.today())
    return render_template(
        "desk/feedback.html", places=there, standing=found,
        months={wave.id: wave.months for wave in house.protocol.waves},
        drafts=_drafts(found.releases if found else ()),
    )  # fmt: skip


@route("/feedback/<int:release_id>/<int:municipality_id>", Action.READ_REPORT, "municipality")
def feedback_page(release_id: int, municipality_id: int) -> str:
    """The two pages of a municipality."""
    release = _published(release_id)
    name = families.places(services().database).get(municipality_id, "")
    return _page(release, municipality_id, name)


@route("/feedback/<int:release_id>/<int:municipality_id>/<language>.pdf", Action.READ_REPORT, "municipality")
def feedback_pdf(release_id: int, municipality_id: int, language: str) -> Response:
    """The same as a file."""
    return _file(_published(release_id), municipality_id, language)


@route("/feedback/<int:release_id>/check", Action.CHECK_FEEDBACK, "study")
def feedback_check(release_id: int) -> str:
    """A draft or a release as a whole: its pages, and for a draft the button that publishes it."""
    house, release = services(), _any(release_id)
    drafts = _drafts(ledger.releases(house.database, release.study_id))
    return render_template(
        "desk/feedback_check.html", release=release, places=families.places(house.database),
        latest=any(draft.id == release_id for draft in drafts),
        inside=_content(release, None, "page", g.edition.language),
    )  # fmt: skip


@route(
    "/feedback/<int:release_id>/check/<int:municipality_id>/<language>.pdf", Action.CHECK_FEEDBACK, "study"
)
def feedback_check_pdf(release_id: int, municipality_id: int, language: str) -> Response:
    """One file of a draft; the municipality 0 is the programme as a whole."""
    return _file(_any(release_id), municipality_id or None, language)


@route("/feedback/<int:release_id>/publish", Action.RELEASE_FEEDBACK, "study", methods=("POST",))
def publish_feedback(release_id: int) -> Response:
    """Publish a draft: the one that was looked at, if it is still the latest."""
    release = _any(release_id)
    try:
        ledger.publish(
            services().database, release.study_id, release.number, request.form.get("sha256", ""),
            by=me().account, now=services().now(),
        )  # fmt: skip
    except (
        ledger.AlreadyPublished,
        ledger.NotWhatWasSeen,
        ledger.NoSuchRelease,
        ledger.Subtractable,
    ) as error:
        raise failures.Stale from error
    return go("/desk/feedback")


def _drafts(found: tuple[Release, ...]) -> list[Release]:
    """The latest draft for each date for which nothing was published, for who may look at it."""
    if not guard.may(Action.CHECK_FEEDBACK):
        return []
    published = {one.number for one in found if one.published_at is not None}
    return list({one.number: one for one in found if one.number not in published}.values())


def _page(release: Release, municipality_id: int, name: str) -> str:
    inside = _content(release, municipality_id, "page", g.edition.language)
    return render_template(
        "desk/feedback_page.html", release=release, municipality_id=municipality_id, name=name, inside=inside
    )


def _file(release: Release, municipality_id: int | None, language: str) -> Response:
    found = ledger.document(services().database, release.id, municipality_id, language, "pdf")
    if found is None:
        raise NotYours
    response = Response(found.content, mimetype="application/pdf")
    name = f"{release.number}-{municipality_id or 0}-{language}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _content(release: Release, municipality_id: int | None, form: str, language: str) -> Markup:
    found = ledger.document(services().database, release.id, municipality_id, language, form)
    if found is None:
        raise NotYours
    # Our own template wrote it, escaped, and nobody can have changed it since.
    return Markup(found.content.decode())


def _any(release_id: int) -> Release:
    study = services().study
    found = () if study is None else ledger.releases(services().database, study.id)
    release = next((one for one in found if one.id == release_id), None)
    if release is None:
        raise NotYours
    return release


def _published(release_id: int) -> Release:
    release = _any(release_id)
    if release.published_at is None:
        raise NotYours
    return release
