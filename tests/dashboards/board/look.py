"""Pictures of every page of a running board, to be looked at.

python -m tests.dashboards.board.look --url http://127.0.0.1:8765 --out pictures [--language zh] [--dark]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.dashboards.board.browser import ARGUMENTS, CHROMIUM

SIZES = {"desk": (1920, 1080), "wall": (3840, 2160), "phone": (390, 844)}
SETTLE_MS = 2500
"""Curves come with the second redraw."""


def pages(page: Page, url: str, stations: list[str]) -> dict[str, str]:
    """Every page by a name for its picture, as the board links to them; of units and warnings the first that is listed.

    ``stations`` are those looked at; none = the first three.
    """
    found = {"fleet": "/", "worklist": "/worklist", "load": "/load"}
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_selector(".b-tile")
    page.wait_for_timeout(SETTLE_MS)
    codes = page.eval_on_selector_all(".b-tile", "tiles => tiles.map(tile => tile.getAttribute('href'))")
    chosen = [href for href in codes if href.rsplit("/", 1)[1] in stations] or codes[:3]
    found |= {f"station-{href.rsplit('/', 1)[1]}": href for href in chosen}
    warning = page.query_selector(".b-warning")
    if warning is not None:
        found["warning"] = str(warning.get_attribute("href"))
        page.goto(url + found["warning"], wait_until="domcontentloaded")
        page.wait_for_selector(".b-story")
        unit = page.query_selector("a[href^='/station/']")
        if unit is not None:
            found["unit"] = str(unit.get_attribute("href"))
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8765", help="of a board that runs")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--language", choices=["zh", "en"], default="en")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--only", default="", help="pages whose names begin so")
    parser.add_argument("--stations", default="", help="their codes, separated by commas")
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for size in given.sizes.split(","):
            width, height = SIZES[size]
            more: dict[str, Any] = {"color_scheme": "dark" if given.dark else "light"}
            context = browser.new_context(viewport={"width": width, "height": height}, **more)
            context.add_cookies([{"name": "wanbiao_language", "value": given.language, "url": given.url}])
            page = context.new_page()
            for name, path in pages(page, given.url, given.stations.split(",")).items():
                if not name.startswith(given.only):
                    continue
                page.goto(given.url + path, wait_until="domcontentloaded")
                page.wait_for_selector(".b-page")
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=given.out / f"{name}-{size}.png", full_page=size == "phone")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
