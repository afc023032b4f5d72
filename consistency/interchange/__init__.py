"""Interchange: histories for other tools, and other tools' histories for us.

A History goes out as EDN or JSON (Jepsen, Elle), as TSV (WatCA), as tables (CSV, Parquet) and as percentiles (hgrm);
what Jepsen and Porcupine wrote comes in as a History. `HISTORY.md` describes our own files.
"""
