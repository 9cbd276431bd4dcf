"""Words for what the validation of types finds: path, what was given, what is allowed."""

from __future__ import annotations

import datetime
import json
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, Union

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.model.findings import Finding, unknown
from sim.model.spec import Rally

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

_WANTED = {
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotation marks",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "date_type": "must be a date without quotation marks, as 2026-01-03",
    "literal_error": "must be {expected}",
    "string_too_short": "must have at least {min_length} character",
    "too_short": "must have at least {min_length} entry",
}


def findings_of(error: ValidationError, tree: dict[str, Any], model: type[BaseModel] = Rally) -> list[Finding]:
    """One finding a path of what the tree of a model holds; a value of one kind or another is told both.

    Of a file of another format that is all there is to say.
    """
    problems: dict[str, list[str]] = {}
    given: dict[str, str] = {}
    for details in error.errors():
        keys = list(_real_keys(details, tree))
        path = path_text(keys)
        text = _problem(details, keys, model)
        if text not in problems.setdefault(path, []):
            problems[path].append(text)
        if details["type"] not in ("missing", "extra_forbidden", "too_short") and ", got " not in text:
            given[path] = f", got {value_text(details['input'])}"
    findings = [Finding(path, _either(texts) + given.get(path, "")) for path, texts in problems.items()]
    return [finding for finding in findings if finding.path == "format" and "format" in given] or findings


def wanted(error: ValidationError) -> str:
    """What a single number should have been."""
    return _either([_WANTED[details["type"]].format(**details.get("ctx", {})) for details in error.errors()])


def path_text(keys: list[str | int]) -> str:
    """("stages", "5", "sections", 2) as "stages.5.sections[2]"; what TOML quotes in a key is quoted."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            name = key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
            text += f".{name}" if text else name
    return text


def value_text(value: object) -> str:
    """A value as it stands in the file; tables and lists by what they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return repr(value)


def _either(texts: list[str]) -> str:
    first, *others = texts
    return ", or ".join([first, *(text.removeprefix("must be ") for text in others)])


def _real_keys(details: ErrorDetails, tree: dict[str, Any]) -> Iterator[str | int]:
    """The location without the entries that name a branch of a union instead of a key."""
    node: object = tree
    for i, key in enumerate(details["loc"]):
        if isinstance(node, dict) and key in node:  # noqa: SIM114 - joined, the types are lost
            node = node[key]
            yield key
        elif isinstance(node, list) and isinstance(key, int) and key < len(node):
            node = node[key]
            yield key
        elif details["type"] == "missing" and i == len(details["loc"]) - 1:
            yield key


def _problem(details: ErrorDetails, keys: list[str | int], model: type[BaseModel]) -> str:
    kind = details["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return unknown("key", str(keys[-1]), [*_fields_at(keys[:-1], model), *_extra_keys(keys[:-1], model)])
    if kind == "value_error":
        return str(details["ctx"]["error"])
    if kind in _WANTED:
        return _WANTED[kind].format(**details.get("ctx", {}))
    return details["msg"]


def _fields_at(keys: list[str | int], model: type[BaseModel]) -> list[str]:
    """Names of the fields that a table below a model may have."""
    at: Any = model
    for key in keys:
        at = _model_in(at)
        at = at.model_fields[key].annotation if _is_model(at) and key in at.model_fields else _item_type(at)
    at = _model_in(at)
    return list(at.model_fields) if _is_model(at) else []


def _extra_keys(keys: list[str | int], model: type[BaseModel]) -> tuple[str, ...]:
    """What a table of a scenario may hold besides its fields; taken out by the loader."""
    if model is not Rally or any(isinstance(key, int) for key in keys):
        return ()
    return ("source", "sources") if keys else ("source", "sources", "extends", "without", "evenings")


def _is_model(at: Any) -> bool:
    return isinstance(at, type) and issubclass(at, BaseModel)


def _model_in(annotation: Any) -> Any:
    """Look through Annotated and through "or None"."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _model_in(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _model_in(typing.get_args(annotation)[0])
    return annotation


def _item_type(annotation: Any) -> Any:
    """Type of the values of a dict or a list."""
    arguments = typing.get_args(annotation)
    return arguments[-1] if arguments else annotation
