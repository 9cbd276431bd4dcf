"""How a rally is run: luck, journal, outcomes, and the engines."""
