"""How long a test waits for another process before it fails: a busy machine is slow, and only a hang lasts so long."""

PATIENCE_S = 300.0
