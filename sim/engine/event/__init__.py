"""The event engine: one rally told event by event, in SimPy."""

from sim.engine.event.replay import replay

__all__ = ["replay"]
