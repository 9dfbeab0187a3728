"""A running board and a real browser. No browser is a skip, with ``CI=true`` a failure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.dashboards.board.browser import ARGUMENTS, CHROMIUM

ROOT = Path(__file__).resolve().parents[3]
WAIT_MS = 8_000
"""Longest wait for anything on a page."""


GO_MS = 60_000
"""Longest wait for a page: the first of a process imports what it needs, and machines of CI are busy."""


class Served:
    """A board in a process of its own."""

    def __init__(self, module: str = "serve") -> None:
        command = [sys.executable, "-m", f"tests.dashboards.board.{module}"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self.url = self._line()

    def tell(self, line: str) -> None:
        """Let something happen."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def acted(self) -> dict[str, Any]:
        """What somebody did next."""
        act: dict[str, Any] = json.loads(self._line())
        return act

    def done(self) -> str:
        """What somebody did next, as it was written."""
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, once a file: while it runs, nothing else in this thread may run a loop of asyncio."""
    if not Path(CHROMIUM).is_file():
        reason = f"no Chromium at {CHROMIUM}: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason} (a skip elsewhere, a failure with CI=true)", pytrace=False)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def served() -> Iterator[Served]:
    """A board of the small plant, healthy."""
    board = Served()
    yield board
    board.close()


@pytest.fixture(scope="module")
def faulty() -> Iterator[Served]:
    """A board of the small plant with an urgent unit, only to be looked at."""
    board = Served()
    board.tell("fault")
    yield board
    board.close()


@pytest.fixture
def replayed() -> Iterator[Served]:
    """A board that a made-up replay feeds, which is still learning."""
    board = Served("serve_replay")
    yield board
    board.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page of a board of one's own."""
    yield from opened(browser, served)


@pytest.fixture
def reader(browser: Browser, faulty: Served) -> Iterator[Page]:
    """A page of the board that is only looked at."""
    yield from opened(browser, faulty)


def opened(browser: Browser, served: Served) -> Iterator[Page]:
    """A page on a desk; the test fails if it asks anybody else for anything, or a script of it fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    context.set_default_navigation_timeout(GO_MS)
    page = context.new_page()
    strangers: list[str] = []
    page.on("request", lambda request: strangers.append(request.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert [url for url in strangers if not url.startswith((served.url, "data:", "blob:"))] == []
    assert errors == []
