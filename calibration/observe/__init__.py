"""A simulated rally, written down as the papers would have told it: observations whose truth is known."""

from calibration.observe.folder import Observed, observe

__all__ = ["Observed", "observe"]
