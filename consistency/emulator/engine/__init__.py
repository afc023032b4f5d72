"""Versions of entities, commit logs of entity groups, index rows stamped with commits. Knows no protocol message."""
