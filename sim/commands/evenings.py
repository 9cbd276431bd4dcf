"""Evenings on the command line: which one is meant, and the state files that come with a scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from sim.model.evening import Evening, evenings_in, read_evening
from sim.model.findings import Finding, ScenarioError, unknown
from sim.model.scenario import Scenario
from sim.study.errors import StudyError

EVE = "0"
"""What the evening before the start is called."""

state_option = click.option(
    "--state",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What is known that evening, TOML or CSV.  [default: the evening that comes with the scenario]",
)


def evening_of(load: Callable[[], Scenario], after: str | None, state: Path | None) -> Evening | None:
    """The evening that is asked for, of the scenario as `load` gives it; None is the one before the start.

    Raises StudyError if there is no such evening, ScenarioError for what is wrong with its file.
    """
    if state:
        return read_evening(state, after)
    loaded = load()
    found = {} if after == EVE and loaded.evenings is None else shipped(loaded)
    if after == EVE and EVE not in found:
        return None
    if after not in found:
        raise StudyError(f"--after: {unknown('evening', str(after), [EVE, *found])}")
    return found[after]


def shipped(scenario: Scenario) -> dict[str, Evening]:
    """The evenings that come with a scenario, by stage, in the order of its stages.

    Raises StudyError if there are none, ScenarioError for what is wrong with a file, or if its stage is not there.
    """
    if scenario.evenings is None:
        raise StudyError(f"{scenario.file} comes without evenings: say what is known with --state FILE")
    found = evenings_in(scenario.evenings)
    stages = [stage.name for stage in scenario.plan().stages]
    for name, evening in found.items():
        if name not in stages:
            raise ScenarioError(evening.file, [Finding("after_stage", unknown("stage", name, stages))])
    return dict(sorted(found.items(), key=lambda item: stages.index(item[0])))


def evening_before(loaded: Scenario, stage: str) -> Evening | None:
    """The last evening before that of a stage that comes with a scenario; None if there is none, or no such stage."""
    if loaded.evenings is None or stage not in loaded.rally.stages:
        return None
    order = [one.name for one in loaded.plan().stages]
    before = [one for name, one in shipped(loaded).items() if order.index(name) < order.index(stage)]
    return before[-1] if before else None
