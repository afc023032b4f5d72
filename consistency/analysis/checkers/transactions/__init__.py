"""Transactions: dependencies between them, and what these rule out (Adya 1999; Elle, VLDB 2020)."""
