"""Stores to measure: how each is started, reached and let go. Only backends and the emulator know gRPC and Google."""
