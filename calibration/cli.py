"""The command `rally-calibrate`: parameters from observations, and forecasts held against what came."""

from __future__ import annotations

import click

from calibration.commands.check import check
from calibration.commands.choices import choices
from calibration.commands.fit import fit
from calibration.commands.hindcast import hindcast
from calibration.commands.observe import observe


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rally-endurance", prog_name="rally-calibrate")
def main() -> None:
    """Learn the parameters of a rally from what is known of it, and see what the forecasts were worth.

    What is known of a rally is a folder of tables: results, incidents, earlier rallies, and what was believed before.

    \b
      rally-calibrate fit          draws of the parameters, for scenarios to run with
      rally-calibrate check        is the fitter right, and does its model look like the rally?
      rally-calibrate hindcast     forecasts from every evening, and their scores
      rally-calibrate choices      where sources contradict each other: what would the other reading change?
      rally-calibrate observe      a simulated rally as a folder of observations

    Every number can be had again: the same observations, seed and sweeps give the same draws, digit by digit.
    """  # noqa: D301 - click wants the backspace character


for command in (fit, check, hindcast, choices, observe):
    main.add_command(command)
