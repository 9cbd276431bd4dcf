"""`python -m benchmarks`: how fast the simulator is."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from benchmarks import digests, tables
from benchmarks.figures import write_growth
from benchmarks.speed import FULL, QUICK, measure
from sim.commands.common import Whole, console, figures_option, json_option, tell, tell_written, write_json


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Measure how fast the simulator is, and check that it still simulates the same."""


@main.command(short_help="Measure, and compare with the targets.")
@click.option(
    "--replications",
    type=Whole(min=64),
    help=f"Rallies that the array engine runs at once.  [default: {FULL.block}, quick: {QUICK.block}]",
)
@click.option(
    "--rounds",
    type=Whole(min=1),
    help=f"How often each ratio is measured.  [default: {FULL.rounds}, quick: {QUICK.rounds}]",
)
@click.option("--quick", is_flag=True, help="Half a minute, to see that it works: too little for the targets.")
@json_option
@figures_option
def speed(
    replications: int | None, rounds: int | None, *, quick: bool, json_file: Path | None, figures: Path | None
) -> None:
    """Measure the speed as ratios within one run, and compare them with their targets.

    First a digest of the outcomes is checked; if they are not those that were stored, nothing is measured and the exit
    code is 1. A target that is missed is told, no more: the machine may be slow or busy.
    """
    effort = QUICK if quick else FULL
    effort = replace(effort, block=replications or effort.block, rounds=rounds or effort.rounds)
    digest = digests.check()
    if not digest.met:
        tell(f"The outcomes are not those that were stored: expected {digest.expected}, got {digest.found}.")
        tell("If they are meant to have changed: python -m benchmarks digest --store")
        sys.exit(1)
    report = measure(digests.dakar(), effort, digest, lambda what: tell(f"Measuring: {what}"))
    if json_file:
        write_json(json_file, report.as_json())
    if figures:
        tell_written(write_growth(report.growths, figures))
    tables.show(report, console())


@main.command()
@click.option("--store", is_flag=True, help="Make the present outcomes those that are expected from now on.")
def digest(*, store: bool) -> None:
    """Print the digest of the outcomes."""
    click.echo(digests.store() if store else digests.present())


if __name__ == "__main__":
    main()
