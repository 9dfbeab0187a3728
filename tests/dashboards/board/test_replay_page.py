"""A board that a replay feeds, in a real browser: nobody takes it for a live one, it can be steered, and nobody acts on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from dashboards.board.replayed import ACTS_REFUSED
from tests.dashboards.board.conftest import Served, opened
from tests.dashboards.board.plant import EVIL
from tests.dashboards.board.test_pages import visit

PUSHED_MS = 5_000
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def viewer(browser: Browser, replayed: Served) -> Iterator[Page]:
    """A page of the board that the replay feeds."""
    yield from opened(browser, replayed)


def test_every_page_says_that_it_is_a_replay_of_what_and_when(viewer: Page, replayed: Served) -> None:
    replayed.tell("begin")
    replayed.tell("warn")
    for path in ("/", "/station/ABC", "/station/ABC/2", "/worklist", "/warning/w-1", "/load", "/replay"):
        visit(viewer, replayed, path)
        banner = viewer.locator(".b-replay")
        expect(banner).to_contain_text("REPLAY · not live")
        expect(banner).to_contain_text("An accident")
        expect(banner).to_contain_text("telemetry of 2026-01-02 00:00 UTC", timeout=PUSHED_MS)
        expect(viewer.locator(".b-nav a[href='/replay']")).to_have_count(1)
        expect(viewer.locator(".b-status")).to_have_text("")
        assert viewer.title().startswith("▶ REPLAY")


def test_a_live_board_has_no_such_page(reader: Page, faulty: Served) -> None:
    visit(reader, faulty)
    expect(reader.locator(".b-replay")).to_have_count(0)
    expect(reader.locator("a[href='/replay']")).to_have_count(0)
    assert reader.request.get(f"{faulty.url}/replay").status == 404


def test_the_story_is_told_and_the_verdict_comes_at_the_end(viewer: Page, replayed: Served) -> None:
    visit(viewer, replayed, "/replay")
    page = viewer.locator(".b-page")
    expect(page).to_contain_text("learning the healthy life before it")
    expect(page).to_contain_text(f"A bearing burned {EVIL}")
    expect(page).to_contain_text("Comes when the replay is over.")
    replayed.tell("begin")
    expect(page).to_contain_text("▶ playing", timeout=PUSHED_MS)
    expect(page).to_contain_text("No warning up to here.")
    replayed.tell("warn")
    expect(page).to_contain_text("day 1.0 of 4.0", timeout=PUSHED_MS)
    expect(viewer.locator(".b-done")).to_have_attribute("value", "0.25")
    expect(viewer.locator(".b-warning")).to_contain_text("unit 2 bearing")
    expect(viewer.locator(".is-timeline canvas")).to_have_count(1)
    replayed.tell("end")
    expect(page).to_contain_text("✗ not held", timeout=PUSHED_MS)
    for words in (
        "✓ held",
        "– undecided",
        "ABC 3: no warning",
        "2 h too late",
        f"a false one {EVIL}",
        f"a doubt {EVIL}",
        "0123456789abcdef",
    ):
        expect(page).to_contain_text(words)
    expect(viewer.locator(".b-steer")).to_be_hidden()
    assert viewer.evaluate("window.hacked") is None


def test_the_picture_has_the_marks_and_the_score_of_the_unit(viewer: Page, replayed: Served) -> None:
    replayed.tell("begin")
    replayed.tell("warn")
    visit(viewer, replayed, "/replay")
    viewer.wait_for_selector(".is-timeline canvas")
    marked, scored = viewer.evaluate("""() => {
        const id = Number(document.querySelector('.is-timeline').id.slice(1));
        const [marks, score] = getElement(id).chart.getOption().series;
        return [marks.data.map(one => one.value), score.data.map(one => one[1])];
    }""")
    assert [name for _, name in marked] == ["first warning", "static alarm", "event"]
    assert marked == sorted(marked)
    assert scored[0] == 0.5
    assert scored[24] == 1.5


def test_people_hold_it_let_it_go_on_and_choose_a_speed(viewer: Page, replayed: Served) -> None:
    replayed.tell("begin")
    visit(viewer, replayed, "/replay")
    button = viewer.locator("[data-steer=hold]")
    expect(viewer.locator(".b-choice.is-here")).to_have_text("1 h/s")
    button.click()
    assert replayed.done() == "hold"
    expect(viewer.locator(".b-where")).to_contain_text("paused")
    expect(button).to_have_text("▶ Continue")
    button.press("Enter")
    assert replayed.done() == "go on"
    expect(button).to_have_text("❚❚ Pause")
    viewer.click("text=as fast as it goes")
    assert replayed.done() == "speed inf"
    expect(viewer.locator(".b-choice.is-here")).to_have_text("as fast as it goes")


def test_nobody_acts_on_what_is_past(viewer: Page, replayed: Served) -> None:
    """There is no button, and who asks the API is refused in one sentence."""
    replayed.tell("begin")
    replayed.tell("warn")
    visit(viewer, replayed, "/warning/w-1")
    expect(viewer.locator(".b-card").first).to_contain_text(ACTS_REFUSED.en, timeout=PUSHED_MS)
    expect(viewer.locator("[data-act]")).to_have_count(0)
    url = f"{replayed.url}/api/v1/warnings/w-1/acknowledge"
    answer = viewer.request.post(url, data={"who": "Li"}, headers={"origin": replayed.url})
    assert (answer.status, answer.json()) == (409, {"error": ACTS_REFUSED.en})
    assert viewer.request.get(f"{replayed.url}/api/v1/warnings/w-1").json()["state"] == "unacknowledged"


def test_a_phone_shows_all_of_it_in_chinese(browser: Browser, replayed: Served) -> None:
    replayed.tell("begin")
    replayed.tell("warn")
    replayed.tell("end")
    context = browser.new_context(viewport=PHONE)
    context.add_cookies([{"name": "wanbiao_language", "value": "zh", "url": replayed.url}])
    page = context.new_page()
    visit(page, replayed, "/replay")
    page.wait_for_selector("canvas")
    expect(page.locator(".b-replay")).to_contain_text("回放 · 非实时")
    expect(page.locator(".b-page")).to_contain_text("✗ 不符")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()
