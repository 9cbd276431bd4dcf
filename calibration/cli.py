"""The command `rally-calibrate`: what a rally that was run says about the parameters, one subcommand a question."""

from __future__ import annotations

import click

from calibration.commands.check import check


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rally-endurance", prog_name="rally-calibrate")
def main() -> None:
    """Fit the parameters of a scenario to what is known of a rally, and check the fit."""


main.add_command(check)
