"""How calibration is shown."""
