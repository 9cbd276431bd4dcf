"""A block of replications on its way through the rally."""

from __future__ import annotations

import numpy as np

from sim.engine.array.draws import BlockDraws
from sim.engine.array.fleet import Fleet
from sim.engine.array.ledger import Ledger
from sim.engine.array.nights import Nights
from sim.engine.array.specials import FINISHED
from sim.engine.array.start import first_fleet
from sim.engine.array.trace import Trace
from sim.engine.array.workshop import Workshop
from sim.engine.luck import Purpose
from sim.model.plan import Plan
from sim.model.plan.opening import first_start_list


class Block:
    """The state of all cars between two stages; arrays have shape (C * N,), car c of replication r is c * N + r.

    Attributes:
        rows, crews, units: N, C and C * N.
        draw: the draw of the parameters in which each replication lives, shape (N,).
        fleet: the cars.
        wear_home, rate: room for the wear of an evening and for the wear rates of a special, shape (M, C * N).
        arrival: when each car is in the bivouac.
        ready: when the work on it ends.
        left: when it left the last special.
        ending: how it left it.
        lost_hours: hours of sleep that its crew has lost.
        barred: may it not start tomorrow, because no bivouac can be reached?
        order: crews in the order of the next start list, shape (C, N).
    """

    def __init__(self, plan: Plan, draws: BlockDraws, trace: Trace | None) -> None:
        self.plan, self.draws, self.rows = plan, draws, draws.count
        self.trace, self.shop = trace, Workshop(plan, draws, trace)
        self.nights = Nights(plan, self.shop, self.rows)
        self.crews, self.units = len(plan.crews), len(plan.crews) * draws.count
        self.draw = plan.drawn.index(draws.each(Purpose.PARAMETERS))
        self.fleet: Fleet = first_fleet(plan, self.shop, self.draw)
        self.wear_home, self.rate = np.empty_like(self.fleet.wear), np.empty_like(self.fleet.wear)
        self.ledger = Ledger(plan, draws.first, self.draw)
        units = self.units
        opening = plan.stages[min(plan.first_stage, len(plan.stages) - 1)].first_departure
        self.arrival, self.ready = np.full(units, opening), np.full(units, opening)
        self.left = np.full(units, opening)
        self.ending = np.full(units, FINISHED)
        self.lost_hours = np.zeros(units)
        self.barred = np.zeros(units, dtype=np.bool_)
        self.order = np.repeat(np.array(first_start_list(plan))[:, None], self.rows, axis=1)
