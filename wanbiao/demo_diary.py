"""What people did in earlier runs of the demo: kept in the state folder of the user, done again where it was done."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from connectors.action_wire import ActionMessage, Audit, decode_action, encode_action
from connectors.diary import ASIDE, Diary, Entry
from connectors.errors import ConnectorError
from connectors.wire import Unreadable
from stations.plant import Text
from streams.acting import answer, to_action
from wanbiao.demo import Demo
from wanbiao.embedded import Planned

FILE: Final = "demo.sqlite3"


class DemoDiary:
    """Carries out what people do in a demo, keeps it first, and has what was kept in earlier runs done again.

    Where nothing can be kept, what people do holds until the demo ends, and ``tell`` says so.

    Parameters
    ----------
    fresh : forget what was kept.   folder : of the file, made if it is not there; None = the user has none.
    tell : says a sentence to who started the demo.   wall_ns : the wall [ns since 1970].
    """

    def __init__(
        self,
        demo: Demo,
        folder: Path | None,
        *,
        fresh: bool,
        tell: Callable[[Text], None],
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._demo, self._wall_ns, self._tell = demo, wall_ns, tell
        self._diary: Diary | None = None
        if folder is None:
            self._tell_of_none("HOME: not set")
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._diary = Diary(folder / FILE, demo.story)
            self._open(self._diary, fresh)
        except (ConnectorError, OSError) as error:
            self.close()
            why = f"{folder}: {error.strerror}" if isinstance(error, OSError) else f"{error}"
            self._tell_of_none(why)

    def _tell_of_none(self, why: str) -> None:
        self._tell(
            Text(f"您的操作只保留到演示结束（{why}）。", f"What you do is kept until the demo ends only ({why}).")
        )

    def _open(self, diary: Diary, fresh: bool) -> None:
        if diary.damage:
            aside, why = f"{diary.path}{ASIDE}", diary.damage
            self._tell(
                Text(
                    f"以前的操作记录无法读取（{why}），已移至 {aside}，重新开始记录。",
                    f"What was done in earlier runs cannot be read ({why}): put aside as {aside}, and begun afresh.",
                )
            )
        if fresh:
            diary.forget()
        read = [(entry.after_ns, decode_action(entry.body, self._demo.fleet.stations)) for entry in diary.entries()]
        acts = [Planned(after_ns, to_action(act)) for after_ns, act in read if not isinstance(act, Unreadable)]
        self._demo.plant.plan(acts)
        if acts:
            self._tell(
                Text(
                    f"以前的 {len(acts)} 项操作将在原来的时刻再次执行（{diary.path}）；--fresh 可清除。",
                    f"Acts of earlier runs, done again when their time comes: {len(acts)} ({diary.path}); --fresh forgets them.",
                )
            )
        if lost := len(read) - len(acts):
            self._tell(
                Text(f"另有 {lost} 项无法读取，已略过。", f"Acts that cannot be read, and are passed over: {lost}.")
            )

    def act(self, message: ActionMessage) -> Audit:
        """See `dashboards.board.acting.Actor`. ConnectorError if it cannot be kept: then it was not done."""

        def keep(after_ns: int) -> None:
            if self._diary is not None:
                self._diary.keep(Entry(message.station, after_ns, self._wall_ns(), encode_action(message)))

        return answer(message, self._demo.plant.act(to_action(message), keep=keep))

    def close(self) -> None:
        """Let go of the file."""
        if self._diary is not None:
            self._diary.close()
            self._diary = None
