"""The live target without the cloud: TLS, tokens, refusals, quotas; the store behind it is our own emulator."""
