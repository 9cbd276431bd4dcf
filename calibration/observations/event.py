"""event.toml: what the event is called, where its sources contradict each other, and how much gets told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from calibration.facts import Reporting, Told
from calibration.findings import Finding, ObservationError
from sim.model import findings as scenario_findings
from sim.model.findings import ScenarioError, unknown
from sim.model.invalid import findings_of
from sim.model.scenario import Scenario, load
from sim.model.spec.base import Name, NotNegative, Share, Spec
from sim.model.toml_text import read_toml
from sim.model.units import MINUTE_S

FILE = "event.toml"


class Choice(Spec):
    """One contradiction of the sources: a row that carries `key:alternative` counts if that one is chosen."""

    chosen: str
    alternatives: list[str]
    """All readings, the chosen one among them."""
    why: str


class MakeReporting(Spec):
    """How likely it is that what happens to a car of a make gets into the sources."""

    serious_from_min: NotNegative
    """A loss of more minutes than this is serious; so is a car that has to be fetched."""
    serious: Share
    minor: Share
    by_mode: dict[Name, Share] = Field(default_factory=dict)
    """Takes the place of `minor` for single modes."""
    source: str


class Event(Spec):
    """The whole file."""

    format: Literal["rally-observations/1"]
    name: str
    scenario: str
    """The forecast of the rally, seen from the folder."""
    choices: dict[Name, Choice] = Field(default_factory=dict)
    reporting: dict[Name, MakeReporting]

    def choosing(self, choices: Mapping[str, str]) -> Event:
        """The event with other alternatives chosen."""
        other = {key: self.choices[key].model_copy(update={"chosen": chosen}) for key, chosen in choices.items()}
        return self.model_copy(update={"choices": {**self.choices, **other}})


def read_event(folder: Path, choices: Mapping[str, str]) -> tuple[Event, Scenario]:
    """Read event.toml with other `choices` in place of its own, and the scenario that it names.

    Raises ObservationError with what is wrong with it or with `choices`, ScenarioError for its scenario.
    """
    try:
        text = read_toml(folder / FILE)
    except ScenarioError as error:
        raise ObservationError(folder, _as_here(error.findings)) from None
    findings = _as_here(text.findings)
    try:
        event = Event.model_validate(text.tree)
    except ValidationError as error:
        raise ObservationError(folder, [*findings, *_as_here(findings_of(error, text.tree, Event))]) from None
    if not (folder / event.scenario).is_file():
        missing = f"there is no file {event.scenario}, seen from {folder}"
        raise ObservationError(
            folder, [*findings, *_wrong_choices(event, choices), Finding(FILE, 0, "scenario", missing)]
        )
    scenario = load(folder / event.scenario)
    findings += [*_wrong_choices(event, choices), *_wrong_reporting(event, scenario)]
    if findings:
        raise ObservationError(folder, findings)
    return event.choosing(choices), scenario


def reporting_of(event: Event) -> Reporting:
    """The probabilities of being told, by make."""
    return Reporting(
        {
            make: Told(told.serious_from_min * MINUTE_S, told.serious, told.minor, told.by_mode, told.source)
            for make, told in event.reporting.items()
        }
    )


def _wrong_choices(event: Event, choices: Mapping[str, str]) -> Iterator[Finding]:
    for key, choice in event.choices.items():
        path = f"choices.{key}"
        if choice.chosen not in choice.alternatives:
            yield Finding(FILE, 0, f"{path}.chosen", unknown("alternative", choice.chosen, choice.alternatives))
        if len(set(choice.alternatives)) < len(choice.alternatives):
            yield Finding(FILE, 0, f"{path}.alternatives", "must differ from each other")
    for key, chosen in choices.items():
        if key not in event.choices:
            yield Finding(FILE, 0, "choices", unknown("choice", key, event.choices))
        elif chosen not in event.choices[key].alternatives:
            alternatives = event.choices[key].alternatives
            yield Finding(FILE, 0, f"choices.{key}", unknown("alternative", chosen, alternatives))


def _wrong_reporting(event: Event, scenario: Scenario) -> Iterator[Finding]:
    makes = {team.make for team in scenario.rally.teams.values()}
    for make, told in event.reporting.items():
        if make not in makes:
            yield Finding(FILE, 0, f"reporting.{make}", unknown("make", make, sorted(makes)))
        for mode in told.by_mode:
            if mode not in scenario.rally.modes:
                problem = unknown("mode", mode, scenario.rally.modes)
                yield Finding(FILE, 0, f"reporting.{make}.by_mode", problem)
    for make in sorted(makes - event.reporting.keys()):
        yield Finding(FILE, 0, f"reporting.{make}", "is missing: a make of the scenario")


def _as_here(findings: Iterable[scenario_findings.Finding]) -> list[Finding]:
    return [Finding(FILE, 0, finding.path, finding.problem) for finding in findings]
