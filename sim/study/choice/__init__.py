"""Choosing the best of several designs under common luck: with a promised probability, or within a budget."""

from sim.study.choice.budget import spend
from sim.study.choice.samples import Piece, Sampler
from sim.study.choice.selection import Rival, Selection
from sim.study.choice.sequential import choose, cost_of_all

__all__ = ["Piece", "Rival", "Sampler", "Selection", "choose", "cost_of_all", "spend"]
