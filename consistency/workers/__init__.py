"""Doing: the writer and the readers, as coroutines that know a store, a channel, a recorder and a clock."""
