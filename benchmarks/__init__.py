"""Benchmarks: what is measured beside a rival in the same run, printed as ratios, and never part of a test run."""
