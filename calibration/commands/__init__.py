"""The subcommands of `rally-calibrate`, one module each."""
