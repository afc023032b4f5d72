"""Upkeep of runs and of the machine."""
