"""The store contract: one suite of what a Datastore does, run against every store that claims to be one."""
