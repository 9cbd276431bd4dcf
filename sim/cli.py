"""The command `rally`: questions to a scenario, one subcommand each."""

from __future__ import annotations

import click

from sim.commands.brief import brief
from sim.commands.contingency import contingency
from sim.commands.counterfactual import counterfactual
from sim.commands.explain import explain
from sim.commands.forecast import forecast
from sim.commands.history import history
from sim.commands.merge import merge
from sim.commands.odds import odds
from sim.commands.replay import replay
from sim.commands.twins import twins


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rally-endurance", prog_name="rally")
def main() -> None:
    """Simulate a rally raid: who finishes, who wins, and where rallies are lost.

    A scenario is a TOML file: the route, the cars, what can break, the rules. Start with

    \b
      rally odds scenarios/dakar-2026.toml      the odds before the start
      rally forecast scenarios/dakar-2026-evenings.toml --all    how they moved, evening by evening
      rally brief scenarios/dakar-2026-evenings.toml --after 8    the evening brief of a team
      rally contingency scenarios/dakar-2026.toml --stage 8 --car 502    a card for the co-driver
      rally replay scenarios/dakar-2026.toml    one rally, told event by event
      rally explain scenarios/dakar-2026.toml   what the scenario says, in words
      rally history                             the real Dakar 2026, checked against the results
      rally twins scenarios/dakar-2026.toml     both engines, compared rally by rally

    Every number can be had again: the same scenario, seed and replication give the same rally, digit by digit.
    """  # noqa: D301 - click wants the backspace character


for command in (odds, forecast, brief, contingency, merge, replay, twins, explain, history, counterfactual):
    main.add_command(command)
