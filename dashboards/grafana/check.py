"""What may be wrong with a dashboard before anybody looks at it: names, links, panels, and queries that InfluxDB refuses.

InfluxDB is asked through a function that is given, so this knows no address and no token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.errors import ConnectorError
from dashboards.grafana.look import Json
from dashboards.grafana.panels import ALL, CORE, DATASOURCE_UID, SCHEMA_VERSION

VARIABLE: Final = "variable "
"""Begins the place of the query of a variable."""
HOUR_MS: Final = 3_600_000
INTERVAL: Final = "5m"
"""``$__interval`` where a panel names no least one."""
MAY_BE_EMPTY: Final = ('"warning"', '"episode"', '"outage"', "$run_")
"""In queries that have no rows in a healthy plant of which nothing was replayed."""
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_LINK: Final = re.compile(r"^/d/([\w-]+)")

Ask = Callable[[str], list[dict[str, Any]]]
"""Rows of a query; an exception that says in one line why there are none."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a dashboard: where it stands, its text as it stands there, the least ``$__interval``.

    ``may_be_empty``: it has no rows in a plant in which all is well.
    """

    board: str
    place: str
    text: str
    interval: str = INTERVAL
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong."""

    board: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.board}: {self.place}: {self.reason}" if self.place else f"{self.board}: {self.reason}"


def queries(board: Json) -> Iterator[Query]:
    """Every query: of variables, whose values the others need, of panels and of annotations."""
    variables = [v for v in board["templating"]["list"] if v["type"] == "query"]
    # A hidden variable picks the few that are not normal.
    picks = [f"${v['name']}" for v in variables if v["hide"]]

    def query(place: str, text: str, interval: str = INTERVAL, *, picked: bool = False) -> Query:
        return Query(board["uid"], place, text, interval, picked or any(w in text for w in (*picks, *MAY_BE_EMPTY)))

    for variable in variables:
        yield query(f"{VARIABLE}{variable['name']}", variable["query"], picked=bool(variable["hide"]))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            place = f"{panel['title'] or panel['type']} / {target['refId']}"
            yield query(place, target["query"], panel.get("interval", INTERVAL))
    for annotation in board["annotations"]["list"]:
        if "query" in annotation:
            yield query(f"annotation {annotation['name']}", annotation["query"])


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
    boards: Mapping[str, Json], ask: Ask, *, now_ms: int, given: Mapping[str, str] | None = None, strict: bool = False
) -> Iterator[tuple[Query, Finding | None]]:
    """Ask every query of every dashboard, as Grafana would at ``now_ms``; each with what is wrong, None = nothing.

    A query without rows is wrong, if it is ``strict`` also one that may be empty. ``given`` fixes variables by name.
    """
    for board in boards.values():
        variables = _chosen(board)
        for query in queries(board):
            rows, reason = _asked(ask, filled(query, board, variables | dict(given or {}), now_ms))
            if query.place.startswith(VARIABLE):
                name = query.place.removeprefix(VARIABLE)
                variable = next(one for one in board["templating"]["list"] if one["name"] == name)
                variables[name] = _value(variable, [str(value) for row in rows for value in row.values()])
            if not reason and not rows and (strict or not query.may_be_empty):
                reason = "no rows"
            yield query, Finding(query.board, query.place, reason) if reason else None


def _chosen(board: Json) -> dict[str, str]:
    """Values of the variables that need no query."""
    given = [variable for variable in board["templating"]["list"] if variable["type"] != "query"]
    return {v["name"]: ".*" if v["current"]["value"] == ALL else v["current"]["value"] for v in given}


def _asked(ask: Ask, query: str) -> tuple[list[dict[str, Any]], str]:
    """Rows that hold more than a time, and why there are none, if InfluxDB refuses."""
    try:
        rows = ask(query)
    except ConnectorError as error:
        if error.retryable:
            raise
        return [], str(error)
    return [row for row in rows if any(value is not None for name, value in row.items() if name != "time")], ""


def _value(variable: Json, values: list[str]) -> str:
    """The value that Grafana would choose: the current one if it is there, else the first; of many, all of them."""
    pattern = variable["regex"].strip("/")
    fitting = [value for value in values if re.search(pattern, value)]
    if variable["multi"]:
        return "|".join(map(re.escape, fitting)) or "none"
    current: str = variable["current"]["value"]
    return current if current in values or not fitting else fitting[0]
