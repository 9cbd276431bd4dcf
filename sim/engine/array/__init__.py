"""The array engine: many replications at once, equal to the event engine second by second."""

from sim.engine.array.rally import run_block

__all__ = ["run_block"]
