"""Calibration against results: what is known of a rally, and what it says about the numbers of the model."""
