"""`rally-calibrate observe`: a simulated rally as a folder of observations."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from calibration import observe as observing
from sim.commands.common import FolderType, Whole, reports_errors, scenario_argument, seed_option, tell
from sim.engine.luck import MAX_REPLICATIONS
from sim.model import scenario as scenarios


class NewFolderType(FolderType):
    """A folder to write: new or empty, so that no table of a real rally is lost."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the folder; fails with a usage error."""
        folder = Path(str(super().convert(value, param, ctx)))
        if folder.is_dir() and any(folder.iterdir()):
            self.fail(f"{str(folder)!r} is not empty; name a new folder", param, ctx)
        return folder


@click.command(short_help="A simulated rally as the papers would tell it.")
@scenario_argument
@click.option(
    "--replication",
    type=Whole(0, MAX_REPLICATIONS - 1),
    default=0,
    show_default=True,
    metavar="K",
    help="Which rally of the study with this seed, counted from 0.",
)
@seed_option
@click.option("--out", "folder", type=NewFolderType(), required=True, metavar="FOLDER", help="Where to write it.")
@reports_errors
def observe(scenario: Path, replication: int, seed: int, folder: Path) -> None:
    """Run one rally and write it as a folder of observations, as the papers would have told it.

    SCENARIO is a scenario file. The rally is the one that `rally replay` shows with the same seed and replication;
    what is told of it, and what is not, hangs on the seed, too. In the folder are all tables, the probabilities of
    being told, and a template of the prior: a start for another rally, and data whose truth is known.
    """
    loaded = scenarios.load(scenario)
    words = ("observe", scenario, "--replication", replication, "--seed", seed, "--out", folder)
    command = shlex.join(["rally-calibrate", *(str(word) for word in words)])
    made = observing.observe(loaded, folder, seed=seed, replication=replication, command=command)
    tell(f"wrote {folder}: {made.told} of {made.happened} failures are told")
