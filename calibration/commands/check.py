"""`rally-calibrate check`: are the chains sound, and does the calibrated rally look like the one that was run?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from calibration.build import build
from calibration.commands.common import CALIBRATION, command_text, folder_argument, reports_errors, workers_option
from calibration.facts import Observations
from calibration.observations import read
from calibration.official import Official
from calibration.predictive import Check, checks, rallies_of
from calibration.problem import Problem
from calibration.report.check_tables import predictive_table, rank_tables
from calibration.report.figures import write_predictive_figures, write_rank_figures
from calibration.sbc import LEAST_SETS, DataSet, Looks, Verdict, data_sets, judge
from calibration.sbc_store import Store
from sim.commands.common import (
    BROKEN,
    SCENARIOS,
    FolderType,
    Whole,
    console,
    figures_option,
    json_option,
    progress,
    seed_option,
    stored_first,
    tell,
    write_json,
)
from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes, concatenate
from sim.model import scenario as scenarios
from sim.model.findings import unknown
from sim.model.plan import Plan
from sim.study.errors import StudyError
from sim.study.record import installed_versions

MADE_UP = CALIBRATION / "data" / "made-up"
"""A small event whose rallies are fitted in seconds."""
LOOKS = Looks()
PRIVATEERS = "privateer"
"""The make whose cars are not factory cars."""
BLOCK = 2000
"""Rallies simulated at once."""


@click.command(short_help="Is the fitter right, and does its model look like the rally?")
@folder_argument
@click.option(
    "--data-sets",
    "sets",
    type=Whole(min=LEAST_SETS),
    default=100,
    show_default=True,
    metavar="N",
    help="Made-up rallies to be fitted.",
)
@click.option("--full", is_flag=True, help="Make up rallies like that of FOLDER, not like a small one: hours.")
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The calibrated scenario.  [default: the one of this name in scenarios/]",
)
@click.option(
    "-n",
    "--replications",
    type=Whole(min=100),
    default=20_000,
    show_default=True,
    help="Rallies simulated with the calibrated parameters.",
)
@seed_option
@workers_option
@click.option(
    "--store",
    type=FolderType(),
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
    scenario: Path | None,
    replications: int,
    seed: int,
    workers: int,
    store: Path | None,
    json_file: Path | None,
    figures: Path | None,
) -> None:
    """Check the fitter on made-up rallies, and the calibrated rally against the real one.

    First, rallies are made up from the prior and fitted: the truth must lie anywhere among the draws, with the same
    chance, and a fitter that is known to be wrong must be seen through. Then the calibrated rally is simulated, and
    what happened in the one of FOLDER is looked up in what might have happened. The exit code is 3 if the fitter is
    wrong, or the check too weak to see through one that is.
    """
    observations = read(folder)
    name = folder.resolve().name
    plan = scenarios.load(scenario or SCENARIOS / f"{name}.toml").plan()
    official = _official(name, observations, plan)
    made = _made_up(observations if full else read(MADE_UP), range(sets), seed, workers, store)
    verdict = judge(made, LOOKS.top)
    outcomes = _simulated(plan, seed, replications)
    found = checks(rallies_of(plan, outcomes, PRIVATEERS), official, observations.incidents)
    command = command_text("check", folder, "--data-sets", sets, *["--full"] * full, "-n", replications, "--seed", seed)
    with stored_first() as keep:
        if figures is not None:
            keep(lambda: _draw(verdict, found, plan.rally.name, figures))
        if json_file is not None:
            keep(lambda: write_json(json_file, _document(verdict, found, command)))
        for table in (*rank_tables(verdict), predictive_table(found)):
            console().print(table, "")
    for text in verdict.not_started:
        tell(f"no chain could be started: {text}")
    if not verdict.passed:
        sys.exit(BROKEN)


def _official(name: str, observations: Observations, plan: Plan) -> Official:
    """The official results of an event.

    Raises StudyError if there are none, or if the calibrated scenario lacks a car or a stage of theirs.
    """
    file = SCENARIOS / "official" / f"{name}.csv"
    if not file.is_file():
        raise StudyError(f"there are no official results {str(file)!r} to compare with")
    official = Official.read(file, observations.stages)
    known = {"car": [crew.car for crew in plan.crews], "stage": [stage.name for stage in plan.stages]}
    missing = [
        unknown(kind, name, names)
        for kind, names in known.items()
        for name in dict.fromkeys(getattr(fact, kind) for fact in official.facts)
        if name not in names
    ]
    if missing:
        raise StudyError("\n  ".join([f"{str(file)!r} is not of the calibrated scenario:", *missing]))
    return official


def _made_up(design: Observations, indices: range, seed: int, workers: int, folder: Path | None) -> list[DataSet]:
    """Data sets, those in the store first."""
    problem = build(design)
    store = None if folder is None else Store.open(folder, _design(problem, seed))
    stored = [store.get(index) for index in indices] if store else []
    done = {one.index: one for one in stored if one is not None}
    missing = [index for index in indices if index not in done]
    for one in _watched(data_sets(problem, missing, seed=seed, looks=LOOKS, workers=workers), len(missing)):
        done[one.index] = one
        if store:
            store.put(one)
    return [done[index] for index in indices]


def _design(problem: Problem, seed: int) -> dict[str, Any]:
    """All that a data set depends on, in plain JSON types."""
    return {
        "observations": problem.observations.name,
        "digests": {"scenario": problem.plan.digest, **problem.observations.digests},
        "priors": problem.priors.model_dump(mode="json"),
        "seed": seed,
        "looks": asdict(LOOKS),
        "versions": installed_versions(),
    }


def _watched(sets: Iterator[DataSet], total: int) -> Iterator[DataSet]:
    """The same data sets, with a bar on standard error."""
    with progress("fitting", "made-up rallies") as bar:
        yield from bar.track(sets, total=total)


def _simulated(plan: Plan, seed: int, replications: int) -> Outcomes:
    firsts = range(0, replications, BLOCK)
    return concatenate([run_block(plan, Luck(seed), first, min(BLOCK, replications - first)) for first in firsts])


def _draw(verdict: Verdict, found: list[Check], rally: str, directory: Path) -> None:
    write_rank_figures(verdict, directory)
    write_predictive_figures(found, rally, directory)


def _document(verdict: Verdict, found: list[Check], command: str) -> dict[str, Any]:
    return {
        "record": {"command": command, "looks": asdict(LOOKS), "versions": installed_versions()},
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
                "quantity": one.quantity_in_unit,
                "official": one.truth,
                "below": one.below,
                "above": one.above,
                "place": one.place,
            }
            for one in found
        },
    }
