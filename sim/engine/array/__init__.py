"""The array engine: many replications at once, equal to the event engine second by second."""

from sim.engine.array.rally import Traced, run_block, trace_block
from sim.engine.array.trace import TOLD

__all__ = ["TOLD", "Traced", "run_block", "trace_block"]
