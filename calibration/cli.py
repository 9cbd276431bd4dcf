"""The command `rally-calibrate`."""

from __future__ import annotations

import click

from calibration.commands.observe import observe


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rally-endurance", prog_name="rally-calibrate")
def main() -> None:
    """Calibrate a rally: from what is known of it to the parameters that explain it."""


for command in (observe,):
    main.add_command(command)
