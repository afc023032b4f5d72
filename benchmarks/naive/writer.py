"""`python -m benchmarks.naive.writer FILE N`: put an entity, append its id to the file, sleep a second, N times."""

import json
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from google.cloud import datastore


def main(path: str, count: int) -> None:
    """Write `count` entities; print for each its id, when its put began and ended, and when its id was in the file."""
    client = datastore.Client(project="naive")
    stamps = []
    with Path(path).open("a", buffering=1) as file:
        for _ in range(count):
            began_ns = time.monotonic_ns()
            name = str(uuid.uuid4())
            entity = datastore.Entity(client.key("Kind01", name))
            entity.update(myid=name, timestamp=datetime.now(UTC))
            client.put(entity)
            put_ns = time.monotonic_ns()
            file.write(name + "\n")
            stamps.append((name, began_ns, put_ns, time.monotonic_ns()))
            time.sleep(1)
    print(json.dumps(stamps))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
