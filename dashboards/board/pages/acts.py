"""What a person does to a warning: a dialog that asks who, why and what else is needed, and says what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from fastapi import Request
from nicegui import run, ui

from connectors.action_wire import REFUSED, Audit
from connectors.errors import ConnectorError
from dashboards.board.acting import new_action
from dashboards.board.pages.frame import Frame
from dashboards.board.pages.parts import box, text
from dashboards.board.views import WarningView
from dashboards.board.words import in_language
from detectors.actions import ACKNOWLEDGE, CLOSE, OUTCOMES, SHELVE, TEXT_MOST, UNSHELVE
from detectors.sentences import OUTCOME_NAMES
from detectors.wording import duration

WHO_COOKIE: Final = "wanbiao_who"
SHELVES_S: Final = (3600.0, 8 * 3600.0, 86_400.0, 3 * 86_400.0, 7 * 86_400.0, 14 * 86_400.0)
"""How long a shelf may be [s]; the last is the longest that there is."""
TERMS: Final = {"acknowledged": (SHELVE, CLOSE), "shelved": (UNSHELVE, CLOSE)}
"""What can be done in a state; in every other one it can be acknowledged, shelved or closed."""


def acts_of(state: str) -> tuple[str, ...]:
    """What can be done to a warning in this state, the most likely first.

    >>> acts_of("unacknowledged"), acts_of("shelved")
    (('acknowledge', 'shelve', 'close'), ('unshelve', 'close'))
    """
    return TERMS.get(state, (ACKNOWLEDGE, SHELVE, CLOSE))


def who_of(request: Request) -> str:
    """The name that this browser used last."""
    return unquote(request.cookies.get(WHO_COOKIE, ""))


def buttons(page: Frame, warning: WarningView, who: str, host: ui.element, done: Callable[[], None]) -> None:
    """A button for each act that is possible now.

    Dialogs stand in ``host``, which is never redrawn: what happens to the warning meanwhile must not take away what is typed.
    """
    with box("b-acts"):
        for i, kind in enumerate(acts_of(warning.state)):
            button = text("button", f"b-button{'' if i else ' is-main'}", page.say(kind))
            button.props["type"], button.props["data-act"] = "button", kind
            button.on("click", lambda _event, kind=kind: Dialog(page, warning, kind, who, host, done).open())


class Dialog:
    """One act on one warning."""

    def __init__(
        self, page: Frame, warning: WarningView, kind: str, who: str, host: ui.element, done: Callable[[], None]
    ) -> None:
        self._page, self._warning, self._kind, self._done = page, warning, kind, done
        language = page.language
        host.clear()
        with host:
            self._dialog = ui.dialog()
        with self._dialog, box("b-dialog", "form") as form:
            text("div", "b-ask", page.say(kind))
            text("div", "b-muted", in_language(warning.text, language))
            self._who = ui.input(page.say("who"), value=who).props(f'maxlength={TEXT_MOST} dense outlined name="who"')
            self._shelf: ui.select | None = None
            self._outcome: ui.select | None = None
            if kind == SHELVE:
                spans = {seconds: in_language(duration(seconds), language) for seconds in SHELVES_S}
                self._shelf = ui.select(spans, value=SHELVES_S[1], label=page.say("shelve_for"))
                self._shelf.props("dense outlined")
            if kind == CLOSE:
                names = {code: in_language(OUTCOME_NAMES[code], language) for code in OUTCOMES}
                self._outcome = ui.select(names, value=OUTCOMES[0], label=page.say("outcome")).props("dense outlined")
            self._why = ui.input(page.say("why")).props(f'maxlength={TEXT_MOST} dense outlined name="why"')
            self._fault = text("div", "b-fault").props('role="alert"')
            with box("b-acts"):
                self._send = text("button", "b-button is-main", page.say(kind)).props('type="submit"')
                cancel = text("button", "b-button", page.say("cancel")).props('type="button"')
                cancel.on("click", lambda _event: self._dialog.close())
        form.on("submit.prevent", self._act)

    def open(self) -> None:
        """Ask."""
        self._dialog.open()

    async def _act(self) -> None:
        page, board = self._page, self._page.board
        item = board.read(lambda room: room.worklist.items.get(self._warning.id))
        if item is None:
            self._dialog.close()
            return
        now_ns = board.now_ns
        shelf_s = self._shelf.value if self._shelf else 0.0
        try:
            message = new_action(
                self._kind,
                item,
                who=self._who.value or "",
                why=self._why.value or "",
                now_ns=now_ns,
                until_ns=now_ns + round(shelf_s * 1e9) if shelf_s else 0,
                outcome=self._outcome.value if self._outcome else "",
            )
        except ValueError as error:
            self._fault.set_text(str(error))
            return
        self._fault.set_text(page.say("busy"))
        self._send.props["disabled"] = True
        try:
            audit: Audit | None = await run.io_bound(board.actor.act, message)
        except ConnectorError as error:
            audit = None
            self._fault.set_text(page.say("refused", why=error))
        self._send.props.pop("disabled", None)
        if audit is None:
            return
        if audit.result == REFUSED:
            self._fault.set_text(page.say("refused", why=audit.reason))
            return
        ui.run_javascript(_remember(message.who))
        self._dialog.close()
        ui.notify(page.say("done", what=page.say(self._kind)), position="bottom", color="grey-8")
        self._done()


def _remember(who: str) -> str:
    """A script that keeps the name for a year in this browser."""
    cookie = f"{WHO_COOKIE}={quote(who, safe='')}; path=/; max-age=31536000; samesite=strict"
    return f"document.cookie = {json.dumps(cookie)}"
