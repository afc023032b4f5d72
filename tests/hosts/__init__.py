"""Runs on several hosts: network namespaces, or processes, each with a boot and a wall clock of its own."""
