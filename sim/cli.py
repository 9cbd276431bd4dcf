"""The command `rally`: questions to a scenario, one subcommand each."""

from __future__ import annotations

import click

from sim.commands.brief import brief
from sim.commands.choose import choose
from sim.commands.compare import compare
from sim.commands.contingency import contingency
from sim.commands.counterfactual import counterfactual
from sim.commands.explain import explain
from sim.commands.forecast import forecast
from sim.commands.history import history
from sim.commands.merge import merge
from sim.commands.odds import odds
from sim.commands.replay import replay
from sim.commands.sensitivity import sensitivity
from sim.commands.twins import twins


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rally-endurance", prog_name="rally")
def main() -> None:
    """Simulate a rally raid: who finishes, who wins, and where rallies are lost.

    A scenario is a TOML file: the route, the cars, what can break, the rules. Start with

    \b
      rally odds scenarios/dakar-2026.toml        the odds, run again with the results known
      rally compare BASE VARIANT                  what a change does, how sure that is, and why
      rally forecast scenarios/dakar-2026-evenings.toml --all
                                                  how the odds moved, evening by evening
      rally brief scenarios/dakar-2026-evenings.toml --after 8
                                                  what a team looks at in the evening
      rally contingency scenarios/dakar-2026.toml --stage 8 --car 502
                                                  what to do where the car breaks down
      rally replay scenarios/dakar-2026.toml      one rally, told event by event
      rally history                               the real Dakar 2026, checked against the results
      rally counterfactual --without stage8_500_belt
                                                  what would have followed
      rally sensitivity scenarios/dakar-2026.toml --of crews.502.win
                                                  what that depends on
      rally choose scenarios/studies/second-marathon.toml
                                                  the best of several designs
      rally explain scenarios/dakar-2026.toml     what the scenario says, in words
      rally twins scenarios/dakar-2026.toml       both engines, compared rally by rally

    Every number can be had again: the same scenario, seed and replication give the same rally, digit by digit.
    """  # noqa: D301 - click wants the backspace character


COMMANDS = (
    odds,
    compare,
    forecast,
    brief,
    contingency,
    replay,
    history,
    counterfactual,
    sensitivity,
    choose,
    explain,
    twins,
    merge,
)

for command in COMMANDS:
    main.add_command(command)
