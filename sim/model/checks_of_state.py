"""Checks of the state of a rally under way, beside those of its types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sim.model.findings import Finding
from sim.model.trees import (
    Tree,
    by_date,
    number_at,
    off_the_special,
    table_at,
    tables_at,
    texts_at,
    unknown_name,
    unknown_names,
)


def check_state(tree: Tree) -> Iterator[Finding]:
    """What is wrong with the table `state` of a scenario; nothing if it has none."""
    state, stages = table_at(tree, "state"), table_at(tree, "stages")
    yield from unknown_name("state", "stage", state, "after_stage", stages)
    crews = table_at(state, "crews")
    yield from unknown_names("state.crews", "crew", crews, table_at(tree, "crews"))
    for car in table_at(tree, "crews"):
        if "crews" in state and car not in crews:
            yield Finding(f"state.crews.{car}", "is missing: every crew needs a state")
    done = stages_until(tree, str(state.get("after_stage")))
    for car, crew in tables_at(state, "crews"):
        yield from _crew(tree, f"state.crews.{car}", crew, done)
    yield from _start_positions(state)


def stages_until(tree: Tree, last: str) -> list[str]:
    """Names of the stages that have a date, in the order of the rally, up to one, it included; all if it is not there.

    A stage that is not known is a finding of its own: nothing more is said of it.
    """
    names = [name for name, _ in by_date(tree)]
    return names[: names.index(last) + 1] if last in names else names


def _crew(tree: Tree, path: str, crew: Tree, done: list[str]) -> Iterator[Finding]:
    stages, modes = table_at(tree, "stages"), table_at(tree, "modes")
    if "total_s" not in crew and crew.get("retired") is not True:
        yield Finding(f"{path}.total_s", "is missing: give it, or name parameter draws that have it")
    yield from unknown_names(f"{path}.uncompleted", "stage", texts_at(crew, "uncompleted"), stages)
    yield from _not_yet_run(f"{path}.uncompleted", texts_at(crew, "uncompleted"), stages, done)
    yield from unknown_names(f"{path}.damage", "mode", texts_at(crew, "damage"), modes)
    for key in ("spares", "wear_km", "renewed"):
        yield from unknown_names(f"{path}.{key}", "mode", table_at(crew, key), modes)
    for mode, renewed in tables_at(crew, "renewed"):
        where, stage = f"{path}.renewed.{mode}", str(renewed.get("stage"))
        yield from unknown_name(where, "stage", renewed, "stage", stages)
        yield from _not_yet_run(f"{where}.stage", [stage], stages, done)
        length = number_at(table_at(stages, stage), "special_km")
        yield from off_the_special(f"{where}.km", number_at(renewed, "km"), length)
        if mode in table_at(crew, "wear_km"):
            yield Finding(where, "says how old the part is, and so does wear_km: one of them is enough")


def _not_yet_run(path: str, given: list[str], stages: Tree, done: list[str]) -> Iterator[Finding]:
    for name in given:
        if name in stages and name not in done:
            yield Finding(path, f"must name stages that are over, got {name!r}")


def _start_positions(state: Tree) -> Iterator[Finding]:
    """Two cars cannot start in one place."""
    cars: dict[float, list[str]] = defaultdict(list)
    for car, crew in tables_at(state, "crews"):
        place = number_at(crew, "start_position")
        if place is not None:
            cars[place].append(car)
    for place, here in cars.items():
        for car in here[1:]:
            yield Finding(f"state.crews.{car}.start_position", f"is that of car {here[0]} too, got {place:g}")
