"""The seam between the wire and the service: method, metadata and bytes in, bytes or a status out.

The wire knows nothing of Datastore, the service knows nothing of sockets. A call that answers with bytes is answered
in the read event that brought it; one that answers with an awaitable becomes a task, which is cancelled when the
client resets the stream, when the deadline passes or when the connection is lost.
"""

from collections.abc import Awaitable, Callable, Mapping

Call = Callable[[str, Mapping[str, str], bytes], bytes | Awaitable[bytes]]
"""(path such as "/google.datastore.v1.Datastore/Lookup", metadata, request) -> reply; raises ServiceError.

Metadata names are lower case. The value of a "-bin" name is decoded: each character stands for one byte (latin-1).
"""
