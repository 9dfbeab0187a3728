"""Grafana: publish dashboards, write annotations, find either. The only place that knows grafana-api. It blocks.

Datasource, folder and alerts of a Grafana that we run come from provisioning files; this is for one that somebody else runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from connectors.errors import ConnectorError
from connectors.notify import Outgoing

T = TypeVar("T")

TIMEOUT_S: Final = 10.0
"""One request [s]."""
FOUND_MOST: Final = 1_000
"""Dashboards or annotations that one look brings."""


class Found(NamedTuple):
    """A dashboard of Grafana."""

    uid: str
    title: str
    url: str


class Grafana:
    """One Grafana, with a service-account token of role Editor.

    Examples
    --------
    >>> Grafana("http://127.0.0.1:1", token="t").find("wanbiao")
    Traceback (most recent call last):
        ...
    connectors.errors.ConnectorError: grafana does not answer at http://127.0.0.1:1
    """

    def __init__(self, url: str, *, token: str) -> None:
        from grafana_api.grafana_face import GrafanaFace

        parts = urlsplit(url)
        self.url = url.rstrip("/")
        prefix = f"{path}/" if (path := parts.path.strip("/")) else ""
        self._api = GrafanaFace(
            auth=token, host=parts.netloc, protocol=parts.scheme, url_path_prefix=prefix, timeout=TIMEOUT_S
        )

    def check(self) -> str:
        """The name of the organisation; ConnectorError unless Grafana answers and takes the token.

        Where anonymous access is on, looks with a wrong token are answered as to anybody: this one, and every write, is not.
        """
        return str(self._part("name", self._call(self._api.organization.get_current_organization)))

    def publish(self, dashboard: dict[str, Any], *, folder: str, folder_uid: str) -> str:
        """Write a dashboard over the one of its uid, into a folder that is made if it is missing; its address."""
        if self._call(self._api.folder.get_folder, folder_uid, missing={}) == {}:
            self._call(self._api.folder.create_folder, folder, folder_uid)
        said = self._call(
            self._api.dashboard.update_dashboard,
            {"dashboard": dashboard | {"id": None}, "folderUid": folder_uid, "overwrite": True},
        )
        return self._address(self._part("url", said))

    def _address(self, path: str) -> str:
        """Grafana gives paths with the prefix under which it is served."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{path}"

    def annotate(self, text: str, *, key: str, tags: Sequence[str], time_ms: int, end_ms: int | None = None) -> int:
        """Mark a time, or a stretch of it; a mark with the same ``key``, which is one of its tags, is written over. Its id."""
        tags = [*tags, key]
        annotations = self._api.annotations
        found = self._call(annotations.get_annotation, tags=[quote(key, safe="")], limit=1)
        times = {"time_from": time_ms, "time_to": end_ms or time_ms}
        if found:
            self._call(annotations.update_annotation, found[0]["id"], tags=tags, text=text, **times)
            return int(found[0]["id"])
        return int(self._part("id", self._call(annotations.add_annotation, tags=tags, text=text, **times)))

    def find(self, tag: str) -> list[Found]:
        """The dashboards with a tag."""
        self.check()
        rows = self._call(
            self._api.search.search_dashboards, tag=quote(tag, safe=""), type_="dash-db", limit=FOUND_MOST
        )
        return [Found(row["uid"], row["title"], self._address(row["url"])) for row in rows]

    def _call(self, function: Callable[..., Any], *arguments: Any, missing: Any = None, **named: Any) -> Any:
        """What Grafana says; ``missing``, if given, where it says that there is no such thing."""
        from grafana_api.grafana_api import GrafanaException
        from requests import RequestException

        try:
            return function(*arguments, **named)
        except GrafanaException as error:
            status = int(error.status_code)
            if status == HTTPStatus.NOT_FOUND and missing is not None:
                return missing
            if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                reason = "does not let this token do that; expected a service-account token of role Editor"
            else:
                reason = f"refused: {' '.join(str(error.message).split())[:300]}"
            retryable = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
            raise ConnectorError(f"grafana at {self.url} {reason}", retryable=retryable) from None
        except RequestException as error:
            if isinstance(error, ValueError):
                raise self._nonsense() from None
            raise ConnectorError(f"grafana does not answer at {self.url}", retryable=True) from None
        except (ValueError, TypeError):  # the client stumbles over an error page that is no JSON
            raise self._nonsense() from None

    def _part(self, name: str, said: Any) -> Any:
        if not isinstance(said, dict) or name not in said:
            raise self._nonsense()
        return said[name]

    def _nonsense(self) -> ConnectorError:
        return ConnectorError(f"what answers at {self.url} is no grafana", retryable=False)


class _Mark(msgspec.Struct):
    key: str
    text: str
    tags: list[str]
    time_ms: int
    end_ms: int | None = None


class Annotator:
    """A channel of messages whose bodies are lists of marks; ``name`` stands for it in what is said of failures."""

    def __init__(self, name: str, url: str, *, token: str) -> None:
        self._name, self._grafana = name, Grafana(url, token=token)

    def send(self, message: Outgoing) -> None:
        """Write every mark, each over the one of its key; ConnectorError if one could not be written.

        All failures are worth another try: somebody may mend the token, and what was written is written over.
        """
        try:
            self._grafana.check()
            for mark in msgspec.json.decode(message.body, type=list[_Mark]):
                self._grafana.annotate(
                    mark.text, key=mark.key, tags=mark.tags, time_ms=mark.time_ms, end_ms=mark.end_ms
                )
        except ConnectorError as error:
            raise ConnectorError(f"{self._name}: {error}", retryable=True) from None
