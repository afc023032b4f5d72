"""The v1 API, RPC by RPC: request bytes in, reply bytes or a ServiceError out. No sockets."""

from consistency.emulator.service.service import Service

__all__ = ["Service"]
