"""`tail -F FILE | python -m benchmarks.naive.reader N`: query for each id that comes until it is found, N ids long."""

import json
import sys
import time

from google.cloud import datastore


def main(count: int) -> None:
    """Print for each id how many queries it took, when it was picked up, and when it was found."""
    client = datastore.Client(project="naive")
    stamps = []
    for line in sys.stdin:
        name = line.strip()
        picked_ns = time.monotonic_ns()
        queries = 0
        found = False
        while not found:
            query = client.query(kind="Kind01")
            query.add_filter(filter=datastore.query.PropertyFilter("myid", "=", name))
            found = bool(list(query.fetch()))
            queries += 1
        stamps.append((name, queries, picked_ns, time.monotonic_ns()))
        if len(stamps) == count:
            break
    print(json.dumps(stamps))


if __name__ == "__main__":
    main(int(sys.argv[1]))
