"""What may be wrong with a dashboard before anybody looks at it: names, links, panels, and queries that InfluxDB refuses.

InfluxDB is asked through a function that is given, so this knows no address and no token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.grafana.look import Json
from dashboards.grafana.panels import ALL, CORE, DATASOURCE_UID, SCHEMA_VERSION

HOUR_MS: Final = 3_600_000
INTERVAL: Final = "5m"
"""``$__interval`` where a panel names no least one."""
MAY_BE_EMPTY: Final = ('"warning"', '"episode"')
"""Measurements that are empty in a healthy plant."""
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_LINK: Final = re.compile(r"^/d/([\w-]+)")

Ask = Callable[[str], list[dict[str, Any]]]
"""Rows of a query; an exception that says in one line why there are none."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a dashboard: where it stands, its text as it stands there, the least ``$__interval``."""

    board: str
    place: str
    text: str
    interval: str = INTERVAL


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong; ``is_empty`` = nothing but that a query has no rows."""

    board: str
    place: str
    reason: str
    is_empty: bool = False

    def __str__(self) -> str:
        return f"{self.board}: {self.place}: {self.reason}" if self.place else f"{self.board}: {self.reason}"


def queries(board: Json) -> Iterator[Query]:
    """Every query: of panels, variables and annotations."""
    uid = board["uid"]
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            place = f"{panel['title'] or panel['type']} / {target['refId']}"
            yield Query(uid, place, target["query"], panel.get("interval", INTERVAL))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield Query(uid, f"variable {variable['name']}", variable["query"])
    for annotation in board["annotations"]["list"]:
        if "query" in annotation:
            yield Query(uid, f"annotation {annotation['name']}", annotation["query"])


def structure(boards: Mapping[str, Json]) -> list[Finding]:
    """What is wrong with the dashboards themselves."""
    found = []
    for name, board in boards.items():
        if board.get("uid") != name:
            found.append(Finding(name, "", f"uid {board.get('uid')!r}; expected {name!r}, a uid of its own"))
        if board.get("schemaVersion") != SCHEMA_VERSION:
            found.append(Finding(name, "", f"schemaVersion {board.get('schemaVersion')}; expected {SCHEMA_VERSION}"))
        for panel in board["panels"]:
            if panel["type"] not in CORE:
                found.append(
                    Finding(name, panel["title"], f"panel {panel['type']!r} is a plug-in; expected a core one")
                )
            uids = {target["datasource"]["uid"] for target in panel.get("targets", ())} - {DATASOURCE_UID}
            found += [Finding(name, panel["title"], f"datasource {uid!r}; expected {DATASOURCE_UID!r}") for uid in uids]
        found += [
            Finding(name, "link", f"{url!r} leads to none of the dashboards")
            for url in _links(board)
            if (leads := _LINK.match(url)) is None or leads[1] not in boards
        ]
        known = {variable["name"] for variable in board["templating"]["list"]}
        for query in queries(board):
            unknown = {name for name in _VARIABLE.findall(query.text) if name not in known | _BUILT_IN}
            if unknown:
                found.append(Finding(name, query.place, f"variable {', '.join(sorted(unknown))} is not defined"))
    return found


_BUILT_IN: Final = {"__from", "__to", "__interval", "timeFilter"}


def _links(node: Any) -> Iterator[str]:
    """Every address of a data link."""
    if isinstance(node, dict):
        if isinstance(url := node.get("url"), str) and url:
            yield url
        for value in node.values():
            yield from _links(value)
    elif isinstance(node, list):
        for value in node:
            yield from _links(value)


def filled(query: Query, board: Json, variables: Mapping[str, str], now_ms: int) -> str:
    """A query as Grafana would send it, its range ending at ``now_ms``."""
    from_ms = now_ms - _span_ms(board["time"]["from"])
    values = {
        "__from": str(from_ms),
        "__to": str(now_ms),
        "__interval": query.interval,
        "timeFilter": f"time >= {from_ms}ms AND time <= {now_ms}ms",
    }
    values |= variables
    return _VARIABLE.sub(lambda found: values[found[1]], query.text)


def _span_ms(since: str) -> int:
    number, unit = re.fullmatch(r"now-(\d+)([hd])", since).groups()  # type: ignore[union-attr]  # ours, always like that
    return int(number) * HOUR_MS * (24 if unit == "d" else 1)


def run(
    boards: Mapping[str, Json], ask: Ask, *, now_ms: int, given: Mapping[str, str] | None = None
) -> Iterator[tuple[Query, int, str]]:
    """Ask every query of every dashboard, variables first, since what follows is about their values.

    Yields a query, how many rows it has, and why InfluxDB refused it, "" = it did not. ``given`` fixes variables by name.
    """
    for board in boards.values():
        variables: dict[str, str] = {}
        for variable in board["templating"]["list"]:
            name = variable["name"]
            if variable["type"] == "query":
                query = Query(board["uid"], f"variable {name}", variable["query"])
                rows, reason = _asked(ask, filled(query, board, variables, now_ms))
                yield query, len(rows), reason
                variables[name] = _value(variable, [str(v) for row in rows for v in row.values()])
            else:
                variables[name] = ".*" if variable["current"]["value"] == ALL else variable["current"]["value"]
            variables[name] = (given or {}).get(name, variables[name])
        for query in queries(board):
            if not query.place.startswith("variable "):
                rows, reason = _asked(ask, filled(query, board, variables, now_ms))
                yield query, len(rows), reason


def _asked(ask: Ask, query: str) -> tuple[list[dict[str, Any]], str]:
    from connectors.errors import ConnectorError

    try:
        return [row for row in ask(query) if any(v is not None for k, v in row.items() if k != "time")], ""
    except ConnectorError as error:
        if error.retryable:
            raise
        return [], str(error)


def _value(variable: Json, values: list[str]) -> str:
    """The value that Grafana would choose: the current one if it is there, else the first; of many, all of them."""
    pattern = variable["regex"].strip("/")
    fitting = [value for value in values if re.search(pattern, value)]
    if variable["multi"]:
        return "|".join(map(re.escape, fitting)) if fitting else "none"
    current: str = variable["current"]["value"]
    return current if current in values or not fitting else fitting[0]


def judged(answers: Iterator[tuple[Query, int, str]]) -> Iterator[Finding | None]:
    """What is wrong with each query, None = nothing."""
    for query, rows, reason in answers:
        if reason:
            yield Finding(query.board, query.place, reason)
        elif not rows:
            yield Finding(query.board, query.place, "no rows", is_empty=True)
        else:
            yield None
