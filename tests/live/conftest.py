"""The live target's stand-in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from consistency.emulator.library import Emulator
from tests.live.certificates import make_certificates, write_account
from tests.live.front import Behaviour, serve_front, serve_tokens


@dataclass(frozen=True)
class Cloud:
    """Where it is, how it behaves, what environment a client needs for it, and the emulator behind it."""

    endpoint: str
    behaviour: Behaviour
    environment: dict[str, str]
    emulator: Emulator


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A fresh one, with an empty store."""
    behaviour = Behaviour()
    authority, key, certificate = make_certificates(tmp_path)
    with Emulator() as emulator, serve_tokens(behaviour) as token_uri:
        account = tmp_path / "account.json"
        write_account(account, token_uri)
        address = f"{emulator.host}:{emulator.port}"
        with serve_front(behaviour, address, key, certificate) as endpoint:
            environment = {
                "GOOGLE_APPLICATION_CREDENTIALS": str(account),
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(authority),
            }
            yield Cloud(endpoint, behaviour, environment, emulator)
