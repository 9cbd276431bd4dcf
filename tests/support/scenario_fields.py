"""The page docs/scenario-fields.md, made from the types of a scenario: `python -m tests.support.scenario_fields`."""

from __future__ import annotations

import datetime
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sim.model.spec import Rally, Spec
from sim.model.spec.base import Car, Clock, Name

PAGE = Path(__file__).parents[2] / "docs" / "scenario-fields.md"

HEAD = """\
# The fields of a scenario

Every table of a scenario file and every field in it, with what may stand there. How files extend each other, name
their sources and take in draws and evenings is in [formats.md](formats.md), what the rules make of the numbers in
[model.md](model.md). A field without a default has to be given. Units are in the names: `_km`, `_kmh`, `_kg`, `_s` for
seconds, `_min`, `_h` and `hours`; `_sd` and `sigma` are standard deviations of logs. Words in capitals are names of
your own. `[ ]` marks a list of tables: `[[stages.8.sections]]`, or `sections = [{ from_km = 0, ... }]`.

Rules that tie several fields together (sections without a gap, a wear factor for every terrain, nights that are long
enough) are told by the errors. The page is made from the types in `sim/model/spec/`, and a test compares the two.
"""

KEYS = {
    "terrains": "TERRAIN", "wear": "GROUP", "stages": "STAGE", "modes": "MODE", "teams": "TEAM", "crews": "CAR",
    "trucks": "TRUCK", "avoids": "STAGE", "secondary": "MODE", "renewed": "MODE",
    "happenings": "NAME", "penalties": "NAME",
}  # fmt: skip
"""What the keys of a table of tables are, by its name."""

ELSEWHERE = "parameters"
"""Written as the name of a file: see formats.md."""

VALIDATED = {
    typing.get_args(alias)[1].func: word for alias, word in ((Name, "name"), (Car, "car"), (Clock, "time HH:MM[:SS]"))
}
WORDS: dict[object, str] = {str: "text", bool: "true or false", datetime.date: "date"}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *tables("", Rally)])


def tables(path: str, table: type[Spec]) -> Iterator[str]:
    """A table and the tables in it, each with a heading."""
    inside: list[tuple[str, type[Spec]]] = []
    yield f"## {f'`[{path}]`' if path else 'On top'}\n\n{' '.join(str(table.__doc__).split())}\n"
    yield "| field | what | default | meaning |\n|---|---|---|---|"
    for name, field in table.model_fields.items():
        if name != ELSEWHERE:
            below = f"{path}.{name}" if path else name
            found = list(tables_in(below, name, field.annotation))
            inside += found
            what = kind(field.annotation, field.metadata)
            if found:
                what = "table, below" if found[0][0] == below else "tables, below"
            meaning = field.description or (found[0][1].__doc__ if found else None) or ""
            yield f"| `{name}` | {what} | {default(field)} | {' '.join(meaning.split())} |"
    yield ""
    for below, inner in inside:
        yield from tables(below, inner)


def tables_in(path: str, name: str, annotation: Any) -> Iterator[tuple[str, type[Spec]]]:
    """The tables that stand in a field, each with its path; lists of them in brackets."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield path, annotation
    elif origin is dict:
        yield from tables_in(f"{path}.{KEYS.get(name, 'NAME')}", name, args[1])
    elif origin is list:
        yield from tables_in(f"{path}[ ]", name, args[0])
    elif origin in (typing.Union, types.UnionType):
        for one in args:
            yield from tables_in(path, name, one)


def kind(annotation: Any, limits: Any = ()) -> str:
    """What a value may be, with its bounds."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind(args[0], [*limits, *_flat(args[1:])])
    if origin is Literal:
        return ", ".join(f'`"{value}"`' for value in args)
    if origin is list:
        return f"list of {kind(args[0])}s"
    if origin is dict:
        return f"{kind(args[1])}, by {kind(args[0])}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(kind(one) for one in args if one is not type(None))
    for limit in limits:
        if isinstance(limit, AfterValidator) and limit.func in VALIDATED:
            return VALIDATED[limit.func]
    return WORDS.get(annotation) or " ".join(["whole number" if annotation is int else "number", *bounds(limits)])


def bounds(limits: Any) -> Iterator[str]:
    """The bounds of a number: "0 to 1", "> 0"."""
    low = next((limit.ge for limit in limits if isinstance(limit, Ge)), None)
    above = next((limit.gt for limit in limits if isinstance(limit, Gt)), None)
    high = next((limit.le for limit in limits if isinstance(limit, Le)), None)
    if high is not None:
        yield f"above {above:g} to {high:g}" if above is not None else f"{low:g} to {high:g}"
    elif above is not None:
        yield f"> {above:g}"
    elif low is not None:
        yield f">= {low:g}"


def default(field: FieldInfo) -> str:
    """What holds where the field is left out; nothing for one that has to be given."""
    value = field.default
    if value is PydanticUndefined:
        return ""
    if isinstance(value, Spec):
        said = value.model_dump(exclude_defaults=True)
        return ", ".join(f"`{name} = {json.dumps(one)}`" for name, one in said.items()) or "its defaults"
    if value in (None, "", {}, []):
        return "none"
    return f"{value:g}" if isinstance(value, float) else f"`{json.dumps(value)}`"


def _flat(limits: Any) -> Iterator[Any]:
    """Bounds of an inner type, which stand in the metadata of a Field."""
    for limit in limits:
        yield from limit.metadata if isinstance(limit, FieldInfo) else [limit]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
