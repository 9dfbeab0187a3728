"""Live and replay stay apart: live rooms see nothing of a replay, by two locks of which each holds alone.

The first is the topics: those of a replay, and with them its group and transactions, begin with ``replay.``, and nothing live
reads them. The second is the bucket: that of a replay has ``replay`` in its name, and no worker writes to the other kind.
"""

from __future__ import annotations

from typing import Final

from wanbiao.errors import ConfigError

PREFIX: Final = "replay."
"""Start of all topics and groups of replays."""
BUCKET_WORD: Final = "replay"
"""Part of the name of every bucket of replays, and of no other."""


def is_replay(prefix: str) -> bool:
    """Whether these are topics of a replay.

    >>> is_replay("replay.try-1."), is_replay("wanbiao.")
    (True, False)
    """
    return prefix.startswith(PREFIX)


def fault_of_run(run: str, bucket: str, *, live_prefix: str, live_bucket: str) -> str:
    """Why a run may not start beside what is live; "" = it may.

    >>> fault_of_run("try-1", "pm_replay", live_prefix="wanbiao.", live_bucket="pm")
    ''
    >>> fault_of_run("try-1", "pm", live_prefix="wanbiao.", live_bucket="pm")
    '--bucket pm: is that of live health, WANBIAO_INFLUX_BUCKET; expected another'
    """
    if live_prefix == f"{PREFIX}{run}.":
        return f"--run {run}: its topics are those of WANBIAO_PREFIX; expected another name"
    if bucket == live_bucket:
        return f"--bucket {bucket}: is that of live health, WANBIAO_INFLUX_BUCKET; expected another"
    if BUCKET_WORD not in bucket:
        return f'--bucket {bucket}: no worker of a replay writes there; expected a name with "{BUCKET_WORD}" in it'
    return ""


def refuse_mixed(prefix: str, bucket: str) -> None:
    """Refuse a worker that would write what it makes of a replay to live health, or of live telemetry to a replay's.

    Raises
    ------
    ConfigError : prefix and bucket are not of one kind.
    """
    if is_replay(prefix) and BUCKET_WORD not in bucket:
        expected = f'one with "{BUCKET_WORD}" in its name, since WANBIAO_PREFIX is {prefix}'
    elif not is_replay(prefix) and BUCKET_WORD in bucket:
        expected = f'one without "{BUCKET_WORD}" in its name, since WANBIAO_PREFIX is {prefix}, of no replay'
    else:
        return
    raise ConfigError(f"environment: WANBIAO_INFLUX_BUCKET: {bucket}; expected {expected}")
