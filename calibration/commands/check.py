"""`rally-calibrate check`: are the chains sound, and does the calibrated rally look like the one that was run?"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

import calibration
from calibration.build import build
from calibration.observations import Observations, read
from calibration.official import Official
from calibration.predictive import Check, checks, rallies_of
from calibration.report.check_tables import predictive_table, rank_tables
from calibration.report.figures import write_predictive_figures, write_rank_figures
from calibration.sbc import LEAST_SETS, DataSet, Looks, Verdict, data_sets, judge
from calibration.sbc_store import Store
from sim.commands.common import (
    BROKEN,
    console,
    figures_option,
    json_option,
    reports_errors,
    seed_option,
    stored_first,
    write_json,
)
from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes, concatenate
from sim.model import scenario as scenarios
from sim.model.plan import Plan
from sim.study.errors import StudyError
from sim.study.record import installed_versions

DATA = Path(calibration.__file__).parent / "data"
MADE_UP = DATA / "made-up"
"""A small event whose rallies are fitted in seconds."""
PRIVATEERS = "privateer"
"""The make whose cars are not factory cars."""
BLOCK = 2000
"""Rallies simulated at once."""


@click.command(short_help="Are the chains sound, and does the calibrated rally look like the real one?")
@click.argument("folder", type=click.Path(path_type=Path), default=DATA / "dakar-2026", required=False)
@click.option(
    "--data-sets",
    "sets",
    type=click.IntRange(min=LEAST_SETS),
    default=100,
    show_default=True,
    help="Made-up rallies to be fitted.",
)
@click.option("--full", is_flag=True, help="Make up rallies like that of FOLDER, not like a small one: hours.")
@click.option(
    "--posterior",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draws of the parameters, as `rally-calibrate fit` wrote them.  [default: calibration/posterior/NAME.json]",
)
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(min=100),
    default=20_000,
    show_default=True,
    help="Rallies simulated with the calibrated parameters.",
)
@seed_option
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes on this machine.")
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Store finished data sets in this folder, and begin with what is there.",
)
@json_option
@figures_option
@reports_errors
def check(
    folder: Path,
    sets: int,
    full: bool,  # noqa: FBT001 - click calls it by name
    posterior: Path | None,
    replications: int,
    seed: int,
    workers: int,
    store: Path | None,
    json_file: Path | None,
    figures: Path | None,
) -> None:
    """Check the chains on made-up rallies, and the calibrated rally against the real one.

    First, rallies are made up from the prior and fitted: the truth must lie anywhere among the draws, with the same
    chance, and a fitter that is known to be wrong must be seen through. Then the rally of FOLDER is simulated with its
    posterior, and what happened is looked up in what might have happened. The exit code is 3 if the chains are not
    sound.
    """
    observations = read(folder)
    plan = _fitted(observations, posterior or _posterior_of(folder))
    official = _official(observations)
    looks = Looks()
    made = _made_up(observations if full else read(MADE_UP), range(sets), seed, looks, workers, store)
    verdict = judge(made, looks.top)
    found = checks(rallies_of(plan, _simulated(plan, seed, replications), PRIVATEERS), official, observations.incidents)
    with stored_first() as keep:
        if figures is not None:
            keep(lambda: _draw(verdict, found, figures))
        if json_file is not None:
            keep(lambda: write_json(json_file, _document(verdict, found, seed, replications)))
        for table in (*rank_tables(verdict), predictive_table(found)):
            console().print(table, "")
    for text in verdict.not_started:
        click.echo(f"no chain could be started: {text}", err=True)
    if not verdict.passed:
        sys.exit(BROKEN)


def _posterior_of(folder: Path) -> Path:
    return DATA.parent / "posterior" / f"{folder.name}.json"


def _fitted(observations: Observations, posterior: Path) -> Plan:
    """The plan of the scenario with the draws of a posterior.

    Raises StudyError if there is none, ScenarioError if it does not fit the scenario.
    """
    if not posterior.is_file():
        raise StudyError(f"there is no posterior {str(posterior)!r}: `rally-calibrate fit` makes it")
    base = observations.scenario.file.resolve()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / base.name
        lines = (
            'format = "rally-scenario/1"',
            f"extends = {_text(base)}",
            f"parameters = {_text(posterior.resolve())}",
        )
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return scenarios.load(file, "drawn").plan()


def _text(path: Path) -> str:
    """A path as a string of TOML."""
    return json.dumps(path.as_posix(), ensure_ascii=False)


def _official(observations: Observations) -> Official:
    """The official results that stand beside the scenario, in `official/`.

    Raises StudyError if there are none.
    """
    scenario = observations.scenario.file
    file = scenario.parent / "official" / f"{scenario.stem}.csv"
    if not file.is_file():
        raise StudyError(f"there are no official results {str(file)!r} to compare with")
    return Official.read(file, observations.stages)


def _made_up(
    design: Observations, indices: range, seed: int, looks: Looks, workers: int, folder: Path | None
) -> list[DataSet]:
    """Data sets, those in the store first."""
    problem = build(design)
    content = {
        "folder": design.folder.name,
        "digests": {"scenario": problem.plan.digest, **design.digests},
        "seed": seed,
        "looks": asdict(looks),
        "versions": installed_versions(),
    }
    store = None if folder is None else Store.open(folder, content)
    stored = (store.get(index) for index in indices) if store is not None else iter(())
    done = {one.index: one for one in stored if one is not None}
    missing = [index for index in indices if index not in done]
    for one in _watched(data_sets(problem, missing, seed=seed, looks=looks, workers=workers), len(missing)):
        done[one.index] = one
        if store is not None:
            store.put(one)
    return [done[index] for index in indices]


def _watched(sets: Iterator[DataSet], total: int) -> Iterator[DataSet]:
    """The same data sets, with a bar on standard error."""
    columns = (
        TextColumn("fitting made-up rallies"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(sets, total=total)


def _simulated(plan: Plan, seed: int, replications: int) -> Outcomes:
    firsts = range(0, replications, BLOCK)
    return concatenate([run_block(plan, Luck(seed), first, min(BLOCK, replications - first)) for first in firsts])


def _draw(verdict: Verdict, found: list[Check], directory: Path) -> None:
    write_rank_figures(verdict, directory)
    write_predictive_figures(found, directory)


def _document(verdict: Verdict, found: list[Check], seed: int, replications: int) -> dict[str, Any]:
    return {
        "record": {"seed": seed, "replications": replications, "versions": installed_versions()},
        "passed": verdict.passed,
        "ranks": {
            "top": verdict.top,
            "data_sets": len(verdict.ranks),
            "not_started": list(verdict.not_started),
            "chains": str(verdict.chains),
            "wrong_fitter": str(verdict.control),
            "quantities": {
                one.name: {"chi_square": one.chi_square, "ecdf": one.ecdf, "adjusted": one.adjusted, "ranks": column}
                for one, column in zip(verdict.chains.checks, verdict.ranks.T.tolist(), strict=True)
            },
        },
        "predictive": {
            one.name: {
                "quantity": one.quantity,
                "official": one.truth,
                "below": one.below,
                "above": one.above,
                "place": one.place,
            }
            for one in found
        },
    }
