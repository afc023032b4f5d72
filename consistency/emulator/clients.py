"""Google's own client of an emulator, without a word in the environment.

An address comes in, a `google.cloud.datastore.Client` goes out. The package is imported only when a client is asked
for, because that takes longer than to start an emulator.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.cloud.datastore import Client

VARIABLE = "DATASTORE_EMULATOR_HOST"


def make_client(project: str, address: str, database: str = "", namespace: str | None = None) -> "Client":
    """A client of "host:port", whatever the environment names; `close_client` ends it.

    The library takes no credentials where the environment names an emulator, and wants some where it does not.
    """
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - see the module's docstring
    from google.cloud.datastore import Client  # noqa: PLC0415

    credentials = None if os.environ.get(VARIABLE) is not None else AnonymousCredentials()
    client = Client(project=project, database=database or None, namespace=namespace, credentials=credentials)
    client.base_url = f"http://{address}"
    return client


def close_client(client: "Client") -> None:
    """End the client's connection, if it ever had one; the library itself leaves that to the garbage collector."""
    opened = client._datastore_api_internal  # noqa: SLF001 - the property would open a connection first
    transport = getattr(opened, "transport", None)
    if transport is not None:
        transport.close()
