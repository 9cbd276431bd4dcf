"""`rally-calibrate fit`: draws of the parameters from what is known of a rally."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from calibration.build import build
from calibration.commands.common import (
    CALIBRATION,
    SWEEPS,
    choice_words,
    command_text,
    effort_of,
    folder_argument,
    record_of,
    reports_errors,
    sweeps_bar,
    tell_set_aside,
    workers_option,
)
from calibration.facts import Observations, counted_stages
from calibration.fit import Effort, Fit
from calibration.fit import fit as run_chains
from calibration.observations import read
from calibration.posterior import write_parameters
from calibration.report.parameters import parameter_tables
from sim.commands.common import BROKEN, OutputType, console, fail, seed_option, stored_first, tell

EFFORT = Effort()


class ChoiceType(click.ParamType[tuple[str, str]]):
    """KEY=ALTERNATIVE."""

    name = "choice"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split it; fails with a usage error if it cannot be."""
        key, equals, alternative = str(value).partition("=")
        if not (key and equals and alternative):
            self.fail(f"a choice is KEY=ALTERNATIVE, got {value!r}", param, ctx)
        return key, alternative


@dataclass(frozen=True)
class Asked:
    """What was fitted, and the command line that does it again."""

    observations: Observations
    seed: int
    effort: Effort
    command: str

    @property
    def name(self) -> str:
        """Of the posterior: that of the folder, with the evening unless all is known."""
        name = self.observations.folder.resolve().name
        evening = self.observations.evening
        return name if self.complete else f"{name}-evening-{evening:02d}"

    @property
    def complete(self) -> bool:
        """Is the rally over?"""
        return self.observations.evening == len(counted_stages(self.observations.scenario))


@click.command(short_help="Draws of the parameters from what is known of a rally.")
@folder_argument
@click.option(
    "--after", type=click.IntRange(min=0), metavar="K", help="Only what was known after K counted stages; 0: history."
)
@click.option(
    "--choice",
    "choices",
    type=ChoiceType(),
    multiple=True,
    metavar="KEY=ALTERNATIVE",
    help="Another reading where the sources contradict each other; can be repeated.",
)
@click.option("--lenient", is_flag=True, help="Set wrong rows aside, and name them, instead of refusing the folder.")
@seed_option
@workers_option
@click.option(
    "--draws", type=click.IntRange(min=1), default=400, show_default=True, metavar="N", help="How many draws to write."
)
@click.option("--out", type=OutputType(), metavar="FILE", help="Where to write them.  [default: calibration/posterior]")
@click.option(
    "--sweeps",
    type=SWEEPS,
    metavar="N",
    help="Sweeps that are kept, after a third of them to warm up; more where chains have not converged.  "
    f"[default: {EFFORT.sweeps} after {EFFORT.warm_up}]",
)
@reports_errors
def fit(
    folder: Path,
    after: int | None,
    choices: tuple[tuple[str, str], ...],
    lenient: bool,  # noqa: FBT001 - click passes options by name
    seed: int,
    workers: int,
    draws: int,
    out: Path | None,
    sweeps: int | None,
) -> None:
    """Fit the parameters to all that is known of a rally, and write draws of them.

    FOLDER holds the observations and the prior, by default those of Dakar 2026. Shown is what came out: median and
    90 % interval of every parameter beside the median of the prior, and how well the chains agree. A scenario that
    names the file in `parameters` runs each rally with a draw of its own. Chains that have not converged are reported,
    with exit code 3, and nothing is written.
    """
    if out is None:
        _refuse_other_readings(choices=choices, lenient=lenient, sweeps=sweeps)
    observations = _known_after(read(folder, choices=dict(choices), lenient=lenient), after)
    effort = effort_of(EFFORT, sweeps)
    words: list[object] = [
        "fit",
        folder,
        *(["--after", after] if after is not None else []),
        *choice_words(dict(choices)),
    ]
    words += ["--lenient"] if lenient else []
    words += ["--sweeps", sweeps] if sweeps is not None else []
    asked = Asked(observations, seed, effort, command_text(*words, "--seed", seed, "--draws", draws))
    kept = effort.groups * effort.chains * (effort.sweeps // effort.thin)
    if draws > kept:
        raise click.BadParameter(f"the chains leave {kept:,} draws, got {draws:,}", param_hint="--draws")
    tell_set_aside(observations)
    problem = build(observations)
    with sweeps_bar("fitting", effort.groups * effort.total) as progress:
        found = run_chains(problem, seed=seed, effort=effort, workers=workers, progress=progress)
    if not found.verdict.passed:
        fail(f"{found.verdict}\nNothing was written. More sweeps may help: --sweeps N.", BROKEN)
    with stored_first() as store:
        store(lambda: _write(asked, found, draws, out or CALIBRATION / "posterior" / f"{asked.name}.json"))
        screen = console()
        for table in parameter_tables(problem, found):
            screen.print(table, "")
        screen.print(str(found.verdict))


def _refuse_other_readings(**asked: object) -> None:
    """Keep the posterior that scenarios refer to from being overwritten by that of another reading."""
    for option, value in asked.items():
        if value:
            raise click.BadParameter(
                "another reading needs a file of its own: name it with --out",
                param_hint="--choice" if option == "choices" else f"--{option}",
            )


def _known_after(observations: Observations, stages: int | None) -> Observations:
    if stages is None:
        return observations
    if stages > observations.evening:
        raise click.BadParameter(
            f"must be 0 to {observations.evening}, the counted stages, got {stages}", param_hint="--after"
        )
    return observations.until(stages)


def _write(asked: Asked, found: Fit, draws: int, file: Path) -> None:
    observations, verdict = asked.observations, found.verdict
    record = record_of(observations, asked.command, asked.seed, asked.effort)
    record["convergence"] = {"worst_rhat": verdict.worst_rhat, "least_ess": verdict.least_ess}
    source = _source(observations)
    file.parent.mkdir(exist_ok=True)
    write_parameters(
        file,
        name=asked.name,
        description=f"{draws} draws of the parameters of {observations.name}: {source}.",
        record=record,
        sources=dict.fromkeys(_tables(found.names), source),
        names=list(found.names),
        draws=found.thinned(draws),
    )
    tell(f"wrote {file}")


def _source(observations: Observations) -> str:
    """Where the values come from, in words."""
    prior = "the prior of priors.toml"
    if not observations.stages:
        return f"fitted to what is known of earlier rallies, with {prior}; nothing of {observations.name} itself"
    return f"fitted to the results of {observations.name} up to stage {observations.stages[-1]}, with {prior}"


def _tables(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))
