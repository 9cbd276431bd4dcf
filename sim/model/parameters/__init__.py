"""Parameters that are drawn: files of draws, the values of a scenario that they may hold, and their point values."""

from sim.model.parameters.draws import FORMAT, Parameters
from sim.model.parameters.file import read_parameters
from sim.model.parameters.names import Field, covers, drawable, mode_of_share
from sim.model.parameters.points import point_values, put, still_drawn

__all__ = [
    "FORMAT",
    "Field",
    "Parameters",
    "covers",
    "drawable",
    "mode_of_share",
    "point_values",
    "put",
    "read_parameters",
    "still_drawn",
]
