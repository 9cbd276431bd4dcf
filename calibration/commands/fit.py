"""`rally-calibrate fit`: draws of the parameters from what is known of a rally."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from calibration.build import build
from calibration.commands.common import (
    CALIBRATION,
    choice_words,
    command_text,
    effort_of,
    folder_argument,
    option_words,
    record_of,
    reports_errors,
    sweeps_bar,
    sweeps_option,
    tell_set_aside,
    workers_option,
)
from calibration.facts import Observations
from calibration.fit import Effort, Fit
from calibration.fit import fit as run_chains
from calibration.observations import read
from calibration.parameter_file import name_of, write_posterior
from calibration.report.parameters import parameter_tables
from sim.commands.common import BROKEN, OutputType, Whole, console, fail, seed_option, stored_first, tell

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


@click.command(short_help="Draws of the parameters from what is known of a rally.")
@folder_argument
@click.option("--after", type=Whole(min=0), metavar="K", help="Only what was known after K counted stages; 0: history.")
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
    "--draws", type=Whole(min=1), default=400, show_default=True, metavar="N", help="How many draws to write."
)
@click.option("--out", type=OutputType(), metavar="FILE", help="Where to write them.  [default: calibration/posterior]")
@sweeps_option(EFFORT)
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
    90 % interval of every parameter, the median of the prior and how much of the prior lies in that interval, and how
    well the chains agree. A scenario that names the file in `parameters` runs each rally with a draw of its own. Chains
    that have not converged are reported, with exit code 3, and nothing is written.
    """
    if out is None:
        _refuse_other_fits(choices=choices, lenient=lenient, sweeps=sweeps)
    observations = _known_after(read(folder, choices=dict(choices), lenient=lenient), after)
    effort = effort_of(EFFORT, sweeps)
    if draws > effort.draws:
        few = f"{effort.sweeps:,} sweeps leave {effort.draws:,} draws, fewer than the {draws:,} that are to be written"
        raise click.BadParameter(few, param_hint="--draws" if sweeps is None else "--sweeps")
    words = [*option_words("--after", after), *choice_words(dict(choices)), *(["--lenient"] if lenient else [])]
    words += [*option_words("--sweeps", sweeps), "--seed", seed, "--draws", draws]
    asked = Asked(observations, seed, effort, command_text("fit", folder, *words))
    tell_set_aside(observations)
    problem = build(observations)
    with sweeps_bar("fitting", effort.groups * effort.total) as progress:
        found = run_chains(problem, seed=seed, effort=effort, workers=workers, progress=progress)
    if not found.verdict.passed:
        more = f"More sweeps may help: --sweeps {2 * effort.sweeps} --out FILE."
        fail(f"{found.verdict}\n{effort}.\nNothing was written. {more}", BROKEN)
    with stored_first() as store:
        store(lambda: _write(asked, found, draws, out or CALIBRATION / "posterior" / f"{name_of(observations)}.json"))
        screen = console()
        for table in parameter_tables(problem, found):
            screen.print(table, "")
        screen.print(f"{found.verdict}\n{effort}.")


def _refuse_other_fits(*, choices: object, lenient: bool, sweeps: int | None) -> None:
    """Keep the posterior that scenarios refer to from being overwritten by one of another kind."""
    kept = "would replace the posterior that scenarios refer to; name a file of its own with --out FILE"
    for option, value, what in (
        ("--choice", choices, "another reading"),
        ("--lenient", lenient, "a fit without the rows that are set aside"),
        ("--sweeps", sweeps, "chains of another length than the usual"),
    ):
        if value:
            raise click.BadParameter(f"{what} {kept}", param_hint=option)


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
    file.parent.mkdir(exist_ok=True)
    write_posterior(file, observations, found.names, found.thinned(draws), record)
    tell(f"wrote {file}: {draws} of {asked.effort.draws:,} draws, evenly spaced")
