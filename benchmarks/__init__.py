"""Benchmarks: what is measured beside a rival in the same run, printed as ratios, and never part of a test run."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does, and before numpy is imported
