"""Comparisons: what changes when a rally is changed, how sure that is, and why."""
