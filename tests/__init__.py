"""The tests, a folder for each part of the package."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does, and before numpy is imported
