"""The pages in a real browser: what is pushed, what people do, what never becomes HTML, who can use it."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.board.conftest import Served
from tests.dashboards.board.plant import EVIL
from tests.dashboards.board.serve import REFUSE

PUSHED_MS = 5_000
"""A tile has turned within so long of the warning."""
DAY_NS = 86_400 * 10**9
CUT = """[...document.querySelectorAll('.q-select .q-field__control')].filter(box => {
  const inner = box.querySelector('.ellipsis:not(.q-field__label)').getBoundingClientRect(), outer = box.getBoundingClientRect();
  return inner.bottom > outer.bottom || inner.top < outer.top;
}).concat([...document.querySelectorAll('.b-scroll:has(.is-tags)')].filter(box => box.scrollWidth > box.clientWidth))
  .map(box => box.textContent)"""
"""Choices whose words reach out of their box, and tables of tags of which a column is out of sight."""


def visit(page: Page, served: Served, path: str = "/") -> None:
    page.goto(served.url + path, wait_until="domcontentloaded")
    page.wait_for_selector(".b-page")


def open_warning(page: Page, served: Served) -> None:
    visit(page, served)
    served.tell("fault")
    page.wait_for_selector(".b-warning", timeout=PUSHED_MS)
    page.click(".b-warning")
    page.wait_for_selector("[data-act]")


def test_a_fault_turns_its_tile_within_five_seconds(page: Page, served: Served) -> None:
    visit(page, served)
    tile = page.locator("[data-station=ABC]")
    expect(tile).to_contain_text("normal")
    begun_s = time.monotonic()
    served.tell("fault")
    expect(tile).to_contain_text("urgent", timeout=PUSHED_MS)
    assert time.monotonic() - begun_s < PUSHED_MS / 1e3
    expect(tile).to_contain_text("unit 2 bearing")
    expect(tile).to_have_class("b-tile is-urgent")
    served.tell("calm")
    expect(tile).to_contain_text("normal", timeout=PUSHED_MS)


def test_an_acknowledgement_reaches_the_actor_and_is_shown(page: Page, served: Served) -> None:
    open_warning(page, served)
    page.click("[data-act=acknowledge]")
    page.fill("input[name=who]", "李 Wei")
    page.fill("input[name=why]", EVIL)
    page.click("button[type=submit]")
    act = served.acted()
    assert (act["action"], act["warning"], act["station"]) == ("acknowledge", "w-1", "ABC")
    assert (act["who"], act["why"]) == ("李 Wei", EVIL)
    story = page.locator(".b-story")
    expect(story).to_contain_text("acknowledged · 李 Wei", timeout=PUSHED_MS)
    expect(story).to_contain_text(EVIL)
    expect(page.locator("[data-act=acknowledge]")).to_have_count(0)
    visit(page, served)
    tile = page.locator("[data-station=ABC]")
    expect(tile).to_have_class("b-tile is-normal", timeout=PUSHED_MS)
    expect(tile).to_contain_text("attended")
    expect(tile).not_to_contain_text("normal")
    expect(page.locator(".b-warning .b-mark")).to_have_class("b-mark is-normal")
    expect(page.locator(".b-warning .b-mark")).to_contain_text("urgent")
    visit(page, served, "/station/ABC/2")
    expect(page.locator(".b-title")).to_contain_text("attended")
    expect(page.locator(".b-chip").first).to_contain_text("attended")
    assert page.evaluate("window.hacked") is None


def test_a_shelf_has_an_end_and_a_name_is_remembered(page: Page, served: Served) -> None:
    open_warning(page, served)
    page.click("[data-act=shelve]")
    page.fill("input[name=who]", "Li")
    page.click(".b-dialog .q-select")
    page.click(".q-menu .q-item:has-text('24 h')")
    page.click("button[type=submit]")
    act = served.acted()
    assert act["until_ns"] - act["time_ns"] == pytest.approx(DAY_NS, rel=1e-6)
    expect(page.locator(".b-title")).to_contain_text("shelved", timeout=PUSHED_MS)
    expect(page.locator(".b-dialog")).to_have_count(0)  # it is closed when the name is kept, which is after the title
    page.reload(wait_until="domcontentloaded")
    page.click("[data-act=close]")
    expect(page.locator("input[name=who]")).to_have_value("Li")


def test_closing_tells_an_outcome(page: Page, served: Served) -> None:
    open_warning(page, served)
    page.click("[data-act=close]")
    page.fill("input[name=who]", "Li")
    page.click(".b-dialog .q-select")
    page.click(".q-menu .q-item:has-text('false')")
    page.click("button[type=submit]")
    assert served.acted()["outcome"] == "false"
    expect(page.locator(".b-story")).to_contain_text("closed · false · Li", timeout=PUSHED_MS)
    expect(page.locator("[data-act]")).to_have_count(0)
    visit(page, served, "/worklist")
    expect(page.locator(".b-warning")).to_have_count(0)
    page.click(".q-checkbox")
    expect(page.locator(".b-warning")).to_have_count(1)


def test_what_is_typed_stays_when_something_happens_meanwhile(page: Page, served: Served) -> None:
    open_warning(page, served)
    page.click("[data-act=acknowledge]")
    page.fill("input[name=who]", "Li")
    served.tell("remind")
    expect(page.locator(".b-story")).to_contain_text("reminded", timeout=PUSHED_MS)
    expect(page.locator("input[name=who]")).to_have_value("Li")
    page.click("button[type=submit]")
    assert served.acted()["who"] == "Li"


def test_nobody_acts_without_a_name_and_a_refusal_is_said(page: Page, served: Served) -> None:
    open_warning(page, served)
    page.click("[data-act=acknowledge]")
    page.fill("input[name=who]", " ")
    page.click("button[type=submit]")
    expect(page.locator(".b-dialog .b-fault")).to_contain_text("needs the name of who acts")
    page.fill("input[name=who]", "Li")
    page.fill("input[name=why]", REFUSE)
    page.click("button[type=submit]")
    assert served.acted()["why"] == REFUSE
    expect(page.locator(".b-dialog .b-fault")).to_contain_text(f"not done: no: {EVIL}")
    assert page.evaluate("window.hacked") is None


def test_texts_never_become_html(reader: Page, faulty: Served) -> None:
    for path in ("/", "/worklist", "/warning/w-1", "/station/ABC", "/station/ABC/2"):
        visit(reader, faulty, path)
        expect(reader.locator(".b-page")).to_contain_text("<img src=x", timeout=PUSHED_MS)
        assert reader.evaluate("window.hacked") is None
        assert reader.locator("img[src=x]").count() == 0


def test_a_unit_shows_its_curves_and_a_matrix_leads_there(reader: Page, faulty: Served) -> None:
    visit(reader, faulty, "/station/ABC")
    expect(reader.locator(".b-matrix .b-cell")).to_have_count(6)
    reader.click("a[href='/station/ABC/2']")
    reader.wait_for_selector("canvas")
    expect(reader.locator(".b-chart")).to_have_count(4)
    expect(reader.locator(".b-chip")).to_have_count(2)
    expect(reader.locator(".b-page")).to_contain_text("tag PAD1")
    expect(reader.locator(".b-strip .is-running")).to_have_count(1)


def test_a_page_of_nothing_says_so(reader: Page, faulty: Served) -> None:
    for path in ("/station/XYZ", "/station/ABC/99"):
        visit(reader, faulty, path)
        expect(reader.locator(".b-page")).to_contain_text("There is no such station or unit.")
    visit(reader, faulty, "/warning/unknown")
    expect(reader.locator(".b-page")).to_contain_text("No warning fits.")


def test_the_language_is_chosen_once(reader: Page, faulty: Served) -> None:
    visit(reader, faulty, "/load")
    expect(reader.locator(".b-page")).to_contain_text("Alarm load")
    expect(reader.locator(".b-page")).to_contain_text("Alpha unit 2 bearing")
    reader.click(".b-switch")
    expect(reader.locator(".b-page")).to_contain_text("预警负荷")
    assert reader.url.endswith("/load")
    expect(reader.locator(".b-page")).to_contain_text("甲站 2 号机 部件bearing")
    visit(reader, faulty)
    expect(reader.locator("[data-station=ABC]")).to_contain_text("甲站")


def test_the_keyboard_is_enough(page: Page, served: Served) -> None:
    """From the fleet to the warning and through the dialog without a pointer."""
    visit(page, served)
    served.tell("fault")
    page.wait_for_selector(".b-warning", timeout=PUSHED_MS)
    _tab_to(page, "b-warning")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-act]")
    _tab_to(page, "b-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=who]")
    page.focus("input[name=who]")
    page.keyboard.type("Li")
    page.keyboard.press("Enter")
    assert served.acted()["who"] == "Li"


def _tab_to(page: Page, css: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if css in str(page.evaluate("document.activeElement.className")):
            return
    raise AssertionError(f"Tab never came to {css}")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160), (390, 844)])
def test_no_page_is_wider_than_its_screen(reader: Page, faulty: Served, width: int, height: int) -> None:
    reader.set_viewport_size({"width": width, "height": height})
    for path in ("/", "/worklist", "/load", "/station/ABC", "/station/ABC/2", "/warning/w-1"):
        visit(reader, faulty, path)
        expect(reader.locator(".b-brand")).to_be_visible()
        assert reader.evaluate("document.documentElement.scrollWidth") <= width, path
        assert reader.evaluate(CUT) == [], path


def ask(served: Served, path: str, headers: dict[str, str]) -> tuple[int, str | None]:
    """Status and way on of an answer, without following it."""
    host = urlsplit(served.url)
    connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers["Location"]


def test_another_host_is_refused(faulty: Served) -> None:
    """A page on the web may resolve its own name to the loopback."""
    assert ask(faulty, "/", {"Host": "evil.example"}) == (403, None)
    assert ask(faulty, "/", {})[0] == 200


def test_the_way_back_is_one_of_ours(faulty: Served) -> None:
    assert ask(faulty, "/language/zh", {"Referer": "http://x//evil.example/"}) == (303, "/evil.example/")
