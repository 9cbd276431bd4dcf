"""Calibration against results; it follows in a later version."""
