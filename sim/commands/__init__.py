"""The subcommands of `rally`, one module each."""
