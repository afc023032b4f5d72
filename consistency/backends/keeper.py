"""The keeper: starts a server that knows nothing of its parent, and ends it when ours is gone, however that happened.

`python -m consistency.backends.keeper RECORD ADDRESS COMMAND...` is started by us with a pipe as its standard input;
the pipe's end is the order to stop, and a harness that is killed with -9 gives it too.

Google's emulator needs it: gcloud leaves its Java process on the port when it is killed, and watches nobody. It is
asked first (`POST /shutdown`), as its own documents have it; its process group is killed in any case.
"""

import contextlib
import http.client
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from consistency.backends.process_record import forget_process, record_process

POLL_S = 0.1
ASK_TIMEOUT_S = 2.0
END_TIMEOUT_S = 3.0
STDIN = 0


def main() -> int:
    """Run COMMAND until it ends, or until standard input does; return its exit code."""
    record, address, *command = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _pass_over)  # not ignored: the command would inherit that
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    record_process(Path(record), server.pid, address, command)
    try:
        _await_end(server)
    finally:
        _end(server, address)
        forget_process(Path(record))
    code = int(server.returncode)
    return code if code >= 0 else 128 - code


def _pass_over(number: int, frame: object) -> None:
    """Only the pipe's end stops us."""


def _await_end(server: subprocess.Popen[bytes]) -> None:
    """Return when the server has ended, or our parent has."""
    while server.poll() is None:
        readable, _, _ = select.select([STDIN], [], [], POLL_S)
        if readable and not os.read(STDIN, 1024):
            return


def _end(server: subprocess.Popen[bytes], address: str) -> None:
    """End all that the command started: ask where somebody can be asked, then kill its group."""
    if server.poll() is None and shut_down(address):
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(END_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def shut_down(address: str) -> bool:
    """Whether somebody took the request to end."""
    connection = http.client.HTTPConnection(address, timeout=ASK_TIMEOUT_S)
    try:
        connection.request("POST", "/shutdown")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    sys.exit(main())
