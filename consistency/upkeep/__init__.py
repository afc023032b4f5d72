"""Upkeep of runs and of the machine: what is not measuring, one file for each command."""
