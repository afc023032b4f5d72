"""Judging: from one history to intervals, counts and verdicts. Never asks the store, never draws."""
