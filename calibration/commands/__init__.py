"""Subcommands of `rally-calibrate`, one module each."""
