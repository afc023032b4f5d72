"""Transactions: who has begun, what each has read, and whether it may commit."""
