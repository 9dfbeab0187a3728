"""What the HTTP API offers, as a page without scripts: made from its OpenAPI description, which stands beside it."""

from __future__ import annotations

from html import escape
from typing import Any, Final

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h2 { font: 600 1rem ui-monospace, monospace; margin: 2rem 0 .2rem; border-top: 1px solid #ccc; padding-top: 1rem }
h2 b { background: #555; color: #fff; border-radius: 3px; padding: 0 .4em; font-weight: 600 }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top }
code { font: 13px ui-monospace, monospace } p { margin: .2rem 0 .6rem }
"""


def page(description: dict[str, Any], where: str) -> str:
    """HTML of an OpenAPI description whose paths begin with ``where``; every text is escaped."""
    info = description["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info.get('summary', ''))}</p>",
        '<p><a href="openapi.json">openapi.json</a> is for programs. A refusal is one sentence: {"error": "..."}</p>',
    ]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parts += _operation(description, f"{where}{path}", method, operation)
    return "".join([*parts, "</body></html>"])


def _operation(description: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> list[str]:
    rows = [
        (one["name"], f"in {one['in']}", _kind(one["schema"]), one.get("required", False))
        for one in operation.get("parameters", ())
    ]
    content = operation.get("requestBody", {}).get("content", {})
    for body in content.values():
        schema = _resolved(description, body["schema"])
        for name, field in schema.get("properties", {}).items():
            rows.append((name, "in body", _kind(field), name in schema.get("required", ())))
    answers = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{escape(one['description'])}</td></tr>"
        for status, one in operation["responses"].items()
    )
    asked = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{place}</td><td>{escape(kind)}</td>"
        f"<td>{'required' if is_needed else ''}</td></tr>"
        for name, place, kind, is_needed in rows
    )
    return [
        f"<h2><b>{escape(method.upper())}</b> {escape(path)}</h2>",
        f"<p>{escape(operation.get('description', '').replace('`', ''))}</p><table>{asked}</table><table>{answers}</table>",
    ]


def _resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = description["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return found


def _kind(schema: dict[str, Any]) -> str:
    """The type in few words, with its bounds."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    words = [schema.get("format", schema.get("type", "object"))]
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "maxLength": "up to"}
    words += [f"{sign} {schema[name]:,}" for name, sign in bounds.items() if name in schema]
    return " ".join(words)
