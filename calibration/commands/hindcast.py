"""`rally-calibrate hindcast`: forecasts from every evening of a rally that is over, and their scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from calibration.commands.common import (
    command_text,
    effort_of,
    folder_argument,
    option_words,
    record_of,
    reports_errors,
    store_option,
    sweeps_bar,
    sweeps_option,
    workers_option,
)
from calibration.facts import Observations
from calibration.fit import MAX_RHAT, MIN_ESS, ONE_OF_MANY, Effort, evenly
from calibration.fit_store import Work
from calibration.forecast import Runs
from calibration.hindcast.document import document
from calibration.hindcast.evening import in_scenario
from calibration.hindcast.run import Evening
from calibration.hindcast.run import hindcast as run_evenings
from calibration.hindcast.truth import Truth, truth_of
from calibration.observations import read
from calibration.parameter_file import write_posterior
from calibration.report.evenings import write_hindcast_figures
from calibration.report.hindcast import hindcast_tables, honest_words
from sim.commands.common import (
    BROKEN,
    FolderType,
    Whole,
    console,
    fail,
    figures_option,
    json_option,
    seed_option,
    stored_first,
    tell,
    tell_written,
    write_json,
)
from sim.engine.luck import MAX_REPLICATIONS
from sim.report.figures.style import crew_label
from sim.study.executors import processes

DRAWS = 200
"""Of an evening, in a file for scenarios: a forecast runs through all of them many times."""


class EveningsType(click.ParamType[tuple[int, ...]]):
    """Numbers of evenings: "5", or "0-12", both ends included."""

    name = "evenings"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read a range; fails with a usage error if it is none."""
        found = re.fullmatch(r"([0-9]{1,3})(?:-([0-9]{1,3}))?", str(value))
        if not found or int(found[2] or found[1]) < int(found[1]):
            self.fail(f"evenings are a number or a range such as 0-12, got {value!r}", param, ctx)
        return tuple(range(int(found[1]), int(found[2] or found[1]) + 1))


@click.command(short_help="Forecasts from every evening, and what they were worth.")
@folder_argument
@click.option(
    "--evenings",
    type=EveningsType(),
    metavar="K-L",
    help="Evenings after so many counted stages; 0 is the eve of the rally.  [default: all but the last]",
)
@click.option(
    "--replications",
    type=Whole(1, MAX_REPLICATIONS),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Rallies behind each forecast.",
)
@seed_option
@workers_option
@figures_option
@json_option
@click.option(
    "--posteriors",
    type=FolderType(),
    metavar="DIR",
    help=f"Also write {DRAWS} draws of each evening, for scenarios to run with: DIR/evening-00.json and so on.",
)
@store_option
@sweeps_option(ONE_OF_MANY)
@reports_errors
def hindcast(
    folder: Path,
    evenings: tuple[int, ...] | None,
    replications: int,
    seed: int,
    workers: int,
    figures: Path | None,
    json_file: Path | None,
    posteriors: Path | None,
    store: Path | None,
    sweeps: int | None,
) -> None:
    """Forecast a rally from each of its evenings with what was known then, and score that by what came.

    FOLDER holds the observations of a rally that is over, by default Dakar 2026. Every evening is fitted for itself, so
    nothing that happened later is in its forecast. The model stands beside the same model without failures, the order
    of the evening carried on, and one forecast for all cars. An evening whose chains have not converged is marked.
    """
    observations = read(folder)
    truth = truth_of(observations)
    asked = _asked(observations, evenings)
    work = Work(seed, effort_of(ONE_OF_MANY, sweeps), workers)
    words = ["--evenings", f"{asked[0]}-{asked[-1]}", "--replications", replications, "--seed", seed]
    words += [*option_words("--posteriors", posteriors), *option_words("--sweeps", sweeps)]
    command = command_text("hindcast", folder, *words)
    total = len(asked) * work.effort.groups * work.effort.total
    with processes(workers) as pool, sweeps_bar("hindcasting", total) as progress:
        runs = Runs(seed, replications, pool)
        done = list(run_evenings(observations, truth, asked, work, runs, store=store, progress=progress))
    record = {**record_of(observations, command, seed, work.effort), "replications": replications}
    with stored_first() as keep:
        if posteriors:
            keep(lambda: _write_posteriors(observations, done, work, command, posteriors))
        if json_file:
            keep(lambda: write_json(json_file, document(done, observations.cars, truth, record)))
        if figures:
            keep(lambda: _draw(observations, done, figures))
        _show(observations, truth, done, work.effort)
    if posteriors:
        _refuse_unconverged(done, work.effort)


def _asked(observations: Observations, evenings: tuple[int, ...] | None) -> tuple[int, ...]:
    last = observations.evening - 1
    if evenings and evenings[-1] > last:
        raise click.BadParameter(f"evenings are 0 to {last}, got {evenings[-1]}", param_hint="--evenings")
    return evenings or tuple(range(last + 1))


def _show(observations: Observations, truth: Truth, evenings: Sequence[Evening], effort: Effort) -> None:
    screen = console()
    for table in hindcast_tables(evenings, observations.cars):
        screen.print(table, "")
    screen.print(f"{honest_words(evenings, truth)}\n\nEach evening was fitted with {effort}.")


def _draw(observations: Observations, evenings: Sequence[Evening], folder: Path) -> None:
    labels = [crew_label(crew) for crew in observations.scenario.plan().crews]
    tell_written(write_hindcast_figures(evenings, labels, folder))


def _write_posteriors(
    observations: Observations, evenings: Sequence[Evening], work: Work, command: str, folder: Path
) -> None:
    """Write draws of every evening whose chains have converged."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in evenings:
        posterior, known = one.posterior, observations.until(one.evening)
        if posterior.converged:
            draws = evenly(in_scenario(observations, posterior), DRAWS)
            convergence = {"worst_rhat": posterior.worst_rhat, "least_ess": posterior.least_ess}
            record = {**record_of(known, command, work.seed, work.effort), "convergence": convergence}
            file = folder / f"evening-{one.evening:02d}.json"
            write_posterior(file, known, posterior.names, draws, record)
            tell(f"wrote {file}")


def _refuse_unconverged(evenings: Sequence[Evening], effort: Effort) -> None:
    """End with an error if there is an evening of which no draws were written."""
    texts = [
        f"  evening {one.evening}: largest R-hat {one.posterior.worst_rhat:.3f} (at most {MAX_RHAT:g}), "
        f"fewest effective draws {one.posterior.least_ess:.0f} (at least {MIN_ESS:g})"
        for one in evenings
        if not one.posterior.converged
    ]
    if texts:
        head = "no draws were written of evenings whose chains have not converged:"
        fail("\n".join([head, *texts, f"More sweeps may help: --sweeps {2 * effort.sweeps}."]), BROKEN)
