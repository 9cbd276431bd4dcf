"""Writing a folder of observations of a simulated rally."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.observations.lines import (
    LINES,
    ExposureLine,
    FinishersLine,
    IncidentLine,
    Line,
    PenaltyLine,
    ShareLine,
    StandingLine,
    TimeLine,
    UltimateLine,
)
from calibration.observe import press, templates
from calibration.observe.happened import failures_of
from calibration.observe.press import Cells
from sim.engine.event import replay as replay_one
from sim.engine.luck import Luck
from sim.model.findings import Finding, ScenarioError
from sim.model.plan import Plan
from sim.model.plan.exposure import expected_failures
from sim.model.scenario import Scenario

NOTHING_KNOWN = (ExposureLine, ShareLine, FinishersLine, UltimateLine)
"""Tables of what is known besides the rally: a simulated one has no past, and no faster class."""


@dataclass(frozen=True)
class Observed:
    """What became of a simulated rally: failures on its specials, and those of them that are told."""

    happened: int
    told: int


def observe(scenario: Scenario, folder: Path, *, seed: int, replication: int, command: str) -> Observed:
    """Run one replication with the event engine and write what the papers would tell of it.

    What gets told is drawn from a stream of its own, fixed by seed and replication, so the rally is the one that
    `rally replay` shows.

    Args:
        scenario: the rally, from its first stage.
        folder: where to write; it is made, and files in it are replaced.
        seed: of the luck, 0 to 2**64 - 1.
        replication: which rally of the study with this seed, from 0.
        command: what to type to have the same folder again, for its SOURCES.md.

    Raises ScenarioError for a scenario that begins in mid-rally or has modes that cannot fail, OSError if a file cannot
    be written.
    """
    plan = scenario.plan()
    findings = list(_unfit(plan))
    if findings:
        raise ScenarioError(scenario.file, findings)
    told = replay_one(plan, Luck(seed), replication)
    failures, reporting = failures_of(told), templates.reporting_of(plan)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(replication,))))
    incidents = press.incidents(told, failures, reporting, rng)
    rows: dict[type[Line], list[Cells]] = {
        TimeLine: press.times(told),
        StandingLine: press.standings(told),
        IncidentLine: incidents,
        PenaltyLine: press.penalties(told),
        **{line: [] for line in NOTHING_KNOWN},
    }
    seen_from_folder = Path(os.path.relpath(scenario.file.resolve(), folder.resolve())).as_posix()
    files = {
        "event.toml": templates.event_text(plan, seen_from_folder, reporting),
        "priors.toml": templates.priors_text(plan),
        **{line.FILE: _table(line, rows[line]) for line in LINES},
    }
    files["SOURCES.md"] = _sources_text(plan, files, command)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return Observed(len(failures), len(incidents))


def _unfit(plan: Plan) -> Iterator[Finding]:
    """Why nothing could be learned from a folder of this rally."""
    if plan.state is not None:
        yield Finding("state", "must not be there: a rally is observed from its first stage")
    for mode, expected in zip(plan.modes.names, expected_failures(plan), strict=True):
        if expected == 0.0:
            yield Finding(f"modes.{mode}", "cannot fail: no stage wears it; remove it with `without`")


def _table(line: type[Line], rows: Iterable[Cells]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, tuple(line.model_fields), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _sources_text(plan: Plan, files: dict[str, str], command: str) -> str:
    digests = "\n".join(
        f"| {name} | {hashlib.sha256(text.encode()).hexdigest()} |" for name, text in sorted(files.items())
    )
    untold = f"{press.CAUSE_NOT_TOLD:.0%}"
    off = f"{templates.OFF:g}, of {templates.SPEEDS_OFF:g} for speeds, by {templates.PACE_OFF:g} for log paces"
    return f"""\
# Sources of the observations of a simulated rally

Nothing here happened. One rally was simulated and written down as the papers might have told it, by

```sh
{command}
```

from the scenario with the digest {plan.digest}.
The same command makes the same folder, byte for byte.

| key | address |
|---|---|
| {press.SOURCE_KEY} | the command above |

## What is told

- Of each stage the winner's time, exact gaps of the front half, and the places of everybody else.
- Every evening the leader's total and the gaps of the front half, at the finish those of all.
- Penalties to the second.
- A failure with the probability of `event.toml`, {untold} of the told ones without the cause. What it cost is rounded
  to the minute; what a limp cost is not told.

`priors.toml` is the scenario, off by a factor of {off}.
The shares of severities and the medians of delays and repairs are those of the scenario itself.

| file | SHA-256 |
|---|---|
{digests}
"""
