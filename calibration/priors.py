"""What was believed before the rally: the prior of a calibration, read from `priors.toml` of its folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from sim.model.findings import Finding, ScenarioError, nearest
from sim.model.invalid import findings_of
from sim.model.plan import Plan
from sim.model.spec.base import Factor, Name, NotNegative, Number, Positive, Share, Spec
from sim.model.toml_text import read_toml


class Spread(Spec):
    """A positive quantity: log-normal by its median and its log standard deviation."""

    median: Positive
    log_sd: NotNegative


class Normal(Spec):
    """A quantity on the whole line."""

    mean: Number
    sd: Positive


class Make(Spec):
    """The cars of one make."""

    pace: Normal
    """Log of the time over the nominal one."""
    failures: Spread
    """Factor on all failures against a factory car."""
    consistency: Spread
    source: str = ""


class Crews(Spec):
    """How the crews of one make differ."""

    spread: Spread
    """Standard deviation of their log paces."""
    consistency_floor: Positive
    source: str = ""


class Stages(Spec):
    """How stages differ from what their ground lets expect."""

    common_sd: Spread
    """Standard deviation of the log time of the class on a stage, given its ground."""
    make_sd: Spread
    """The same of a make against the class."""
    formation_sd: Positive
    """The same of a team that runs in formation: its pace is nobody's own."""
    uncounted_noise: Factor
    """Consistency on a stage that does not count, over that on a stage that does."""
    ultimate_ratio: Spread
    """Time of the class over that of the winner of the fastest class."""
    ultimate_sd: Spread
    source: str = ""


class Weight(Spec):
    """How many cases the shares of the scenario are worth."""

    weight: Positive
    source: str = ""


class Minutes(Spec):
    """How well durations are known."""

    log_sd: Positive
    """Of the medians of delays and repairs."""
    limp_log_sd: Positive
    """Of the median of what limping adds to the time (its factor - 1)."""
    limp_share: Share
    """Share of a special that is driven with a damage, in the middle."""
    limp_sigma: Positive
    """Log standard deviation of the time that a limp loses."""
    helped_min: Positive
    """Median minutes that a halt costs whose crew needs help."""
    helped_sigma: Positive
    source: str = ""

    @property
    def of_medians(self) -> tuple[float, float, float]:
        """Log standard deviations of the medians of delays, limps and repairs."""
        return self.log_sd, self.limp_log_sd, self.log_sd


class Recovery(Spec):
    """The way back of a car that cannot drive."""

    hours: Spread
    source: str = ""


class Repair(Spec):
    """A repair by an assistance truck."""

    median: Positive
    sigma: Positive


class Trucks(Spec):
    """Assistance trucks."""

    start_delay_min: Spread
    speed_kmh: Spread
    repair_min: Repair
    source: str = ""


class Before(Spec):
    """What the sources tell of earlier rallies."""

    serious_from_min: NotNegative
    serious: Share
    minor: Share
    by_mode: dict[Name, Share] = {}
    groups: dict[Name, Name] = {}
    """Groups of finishers.csv that are cars of a make."""
    source: str = ""


class Priors(Spec):
    """The whole prior."""

    format: Literal["rally-priors/1"]
    failures: dict[Name, Spread]
    """By mode: failures of a factory car in one rally under the base replacement policy."""
    makes: dict[Name, Make]
    crews: Crews
    stages: Stages
    terrains: dict[Name, Positive]
    """By terrain: speed in km/h."""
    terrain_log_sd: Positive
    severity: Weight
    repair: Weight
    minutes: Minutes
    recovery: Recovery
    trucks: Trucks
    before: Before
    sources: dict[str, str]


def read_priors(file: Path, plan: Plan) -> Priors:
    """Read a prior for the modes, makes and terrains of a plan.

    Raises ScenarioError with all findings at once.
    """
    text = read_toml(file)
    tree, findings = text.tree, list(text.findings)
    failures, terrains = tree.get("failures"), tree.get("terrains")
    tree["sources"] = failures.pop("sources", {}) if isinstance(failures, dict) else {}
    if isinstance(terrains, dict):
        tree["sources"]["terrains"] = terrains.pop("source", "")
        tree["terrain_log_sd"] = terrains.pop("log_sd", None)
    try:
        priors = Priors.model_validate(tree)
    except ValidationError as error:
        raise ScenarioError(file, [*findings, *findings_of(error, tree)]) from None
    findings += _mismatches("failures", priors.failures, plan.modes.names)
    findings += _mismatches("makes", priors.makes, {team.make for team in plan.rally.teams.values()})
    findings += _mismatches("terrains", priors.terrains, plan.rally.terrains)
    if findings:
        raise ScenarioError(file, findings)
    return priors


def _mismatches(table: str, given: Iterable[str], wanted: Iterable[str]) -> list[Finding]:
    """What a table lacks, and what it has too much."""
    names = set(wanted)
    missing = [Finding(f"{table}.{name}", "is missing: the scenario has it") for name in sorted(names - set(given))]
    extra = sorted(set(given) - names)
    return missing + [Finding(f"{table}.{name}", f"is not in the scenario; {nearest(name, names)}") for name in extra]
