"""What the desk says when something is wrong: in the title, by the name of a field, and beside it."""

from __future__ import annotations

from tests.people import Cast
from tests.survey.web.desk.conftest import Desk


def test_what_is_wrong_is_told_by_the_title_and_by_the_name_of_each_field(pin: Desk, cast: Cast) -> None:
    family = f"/desk/families/{cast.family_id}"
    pin.get(f"{family}/consent/{cast.mother}").post(f"{family}/consent/{cast.mother}", on="")
    assert pin.page.xpath("string(//title)").startswith("Probleem: Toestemming")
    told = pin.page.xpath("//div[@class='problems']//a")
    assert "Dag: Vul dit in." in [link.text_content() for link in told]
    assert all(pin.page.xpath(f"//*[@id='{link.get('href')[1:]}']") for link in told)


def test_a_pause_without_a_reason_leaves_its_part_of_the_page_open(pin: Desk, cast: Cast) -> None:
    pin.get(f"/desk/families/{cast.family_id}").post(f"/desk/families/{cast.family_id}/pause", reason="")
    assert pin.page.xpath("//details[@id='pause']/@open")
    assert pin.page.xpath("//p[@class='problems']/@autofocus")


def test_a_placement_names_what_it_is_and_tells_beside_each_field_what_is_wrong(
    pin: Desk, cast: Cast
) -> None:
    here = f"/desk/families/{cast.family_id}/placements"
    pin.get(here)
    pin.post(here, child=cast.daan_child, once=pin.field("once"), days="9")
    assert pin.status == 400
    links = [link[1:] for link in pin.page.xpath("//div[@class='problems']//a/@href")]
    assert links == [f"kind-{cast.daan_child}", f"days-{cast.daan_child}"]
    for link in links:
        assert pin.page.xpath(f"//*[@id='{link}']/@aria-describedby") == [f"bad-{link}"]
        assert pin.page.xpath(f"//*[@id='bad-{link}']")


def test_a_child_has_one_code_on_every_page_about_its_family(pin: Desk, cast: Cast) -> None:
    family = f"/desk/families/{cast.family_id}"
    codes = pin.get(family).page.xpath("//h2[text()='Kinderen']/following-sibling::ul[1]/li/span[1]/text()")
    assert len(codes) == 3
    for page in ("consent", "household", "placements"):
        assert all(code in pin.get(f"{family}/{page}").text for code in codes), page


def test_nobody_hands_families_over_to_themselves(pin: Desk, cast: Cast) -> None:
    pin.get("/desk/hand-over")
    assert str(cast.fatma_professional) not in pin.page.xpath("//input[@name='to']/@value")
