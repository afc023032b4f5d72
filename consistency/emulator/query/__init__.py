"""Queries over index rows: what is asked, in which order it is answered, and where to go on."""
