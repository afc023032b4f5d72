"""A network cable between a client and a server, which can be slow, and can be cut.

Bytes pass both ways as they are, so TLS ends where it always does. Every connection has two threads of its own.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from consistency.clock import wait_s

CHUNK_BYTES = 1 << 16


@dataclass
class Cable:
    """`delay_s` is how long each piece of bytes to the server waits."""

    server: tuple[str, int]
    delay_s: float = 0.0
    cuts: int = 0
    _ends: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Cut every connection that there is; new ones may be made at once."""
        self.cuts += 1
        while self._ends:
            with contextlib.suppress(OSError):  # that side was gone already
                self._ends.pop().shutdown(socket.SHUT_RDWR)

    def accept(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self.server)
                self._ends += [near, far]
                for from_end, to_end, outward in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._pass_on, args=(from_end, to_end, outward), daemon=True).start()

    def _pass_on(self, from_end: socket.socket, to_end: socket.socket, outward: bool) -> None:
        with contextlib.suppress(OSError), from_end:
            while content := from_end.recv(CHUNK_BYTES):
                if outward and self.delay_s:
                    wait_s(self.delay_s)
                to_end.sendall(content)
            to_end.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def lay_cable(endpoint: str) -> Iterator[tuple[Cable, str]]:
    """A cable to the server at `endpoint`, and the address of its near end."""
    host, _, port = endpoint.rpartition(":")
    cable = Cable((host, int(port)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taking = threading.Thread(target=cable.accept, args=(listener,))
        taking.start()
        try:
            yield cable, f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            taking.join()
            cable.cut()
