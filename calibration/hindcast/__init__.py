"""Forecasts of a rally from each of its evenings, with nothing that was known later, and how good they were."""
