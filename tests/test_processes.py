"""Whether the owner of something still lives."""

import json
import os
import socket
import subprocess
import sys

from consistency.processes import describe_self, find_listener, is_alive


class TestOwners:
    def test_this_process_lives(self) -> None:
        """It describes itself and finds itself."""
        assert is_alive(describe_self())

    def test_one_that_ended_does_not(self) -> None:
        """Its description outlives it."""
        code = "import json; from consistency.processes import describe_self; print(json.dumps(describe_self()))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not is_alive(json.loads(done.stdout))

    def test_a_pid_that_was_given_out_again_is_another_process(self) -> None:
        """The start tick tells them apart."""
        assert not is_alive(describe_self() | {"start": 1})

    def test_another_boot_s_process_is_gone(self) -> None:
        """Whatever has its pid now."""
        assert not is_alive(describe_self() | {"boot": "another"})

    def test_nothing_said_is_nobody(self) -> None:
        """A label that somebody else wrote names no process."""
        assert not is_alive({})


class TestListeners:
    def test_finds_this_process(self) -> None:
        """By the port that it listens on; nobody listens there afterwards."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            found = find_listener(port)
        assert found is not None
        assert (found.pid, "python" in found.command) == (os.getpid(), True)
        assert find_listener(port) is None
