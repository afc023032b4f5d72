"""A program that answers queries with App Engine's own Datastore stub, one line of JSON for each line of JSON.

    {"entities": [[PATH, VALUES], ...], "asked": QUERY, "indexes": YAML}    store anew what "entities" has, if given
    {"rows": [[PATH, VALUES], ...], "need": NEED or null, "served": true}   or {"refused": TEXT}

    {"policy": [P, SEED], "steps": [[VERB, ROOT, NAME], ...]}               forget all, then do the steps with this coin
    {"seen": [NUMBER or null, ...]}                                         what each read saw

It runs in a process of its own, with the SDK's folder on its path, because the SDK brings old versions of packages and
a `google` of its own. A NEED is the index that the SDK recommends: [kind, by ancestor, [[property, descending], ...]];
"served" tells whether the given indexes serve the query, joined where that is possible.
"""

import json
import sys
from typing import Any

from google.appengine.api import apiproxy_stub_map, datastore, datastore_errors, datastore_file_stub, datastore_types
from google.appengine.datastore import datastore_index, datastore_stub_util

APP = "p"
KEY = "__key__"


def main() -> None:
    """Answer lines until there are no more."""
    apiproxy_stub_map.apiproxy = apiproxy_stub_map.APIProxyStubMap()
    stub = datastore_file_stub.DatastoreFileStub(APP, None, trusted=True, use_atexit=False, save_changes=False)
    apiproxy_stub_map.apiproxy.RegisterStub("datastore_v3", stub)
    for line in sys.stdin:
        request = json.loads(line)
        if "steps" in request:
            probability, seed = request["policy"]
            seen = follow_steps(stub, probability, seed, request["steps"])
            sys.stdout.write(json.dumps({"seen": seen}) + "\n")
            sys.stdout.flush()
            continue
        if "entities" in request:
            stub.Clear()
            stub.SetConsistencyPolicy(datastore_stub_util.MasterSlaveConsistencyPolicy())  # a coin may be left over
            datastore.Put([make_entity(path, values) for path, values in request["entities"]])
        try:
            reply = answer(request["asked"], request.get("indexes", ""))
        except (datastore_errors.Error, AssertionError) as error:
            reply = {"refused": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def follow_steps(stub: Any, probability: float, seed: int, steps: list[list[str]]) -> list[Any]:
    """Writes give nothing, gets the number of their write, queries one number for each entity found."""
    stub.Clear()
    stub.SetConsistencyPolicy(datastore_stub_util.PseudoRandomHRConsistencyPolicy(probability, seed))
    return [STEPS[verb](number, [["Root", root], ["Kind", name]]) for number, (verb, root, name) in enumerate(steps)]


def get_number(path: list[list[Any]], policy: int) -> int | None:
    found = datastore.Get([make_key(path)], read_policy=policy)[0]
    return None if found is None else found["n"]


def list_numbers(query: Any) -> list[int]:
    return [found["n"] for found in query.Run()]


STEPS: dict[str, Any] = {
    "put": lambda number, path: datastore.Put(make_entity(path, {"n": number})) and None,
    "delete": lambda _, path: datastore.Delete(make_key(path)),
    "get": lambda _, path: get_number(path, datastore.STRONG_CONSISTENCY),
    "look": lambda _, path: get_number(path, datastore.EVENTUAL_CONSISTENCY),
    "ancestor": lambda _, path: list_numbers(datastore.Query("Kind", _app=APP).Ancestor(make_key(path[:1]))),
    "search": lambda _, path: list_numbers(datastore.Query("Kind", _app=APP)),
}


def make_key(path: list[list[Any]]) -> Any:
    return datastore_types.Key.from_path(*(part for element in path for part in element), _app=APP)


def make_entity(path: list[list[Any]], values: dict[str, Any]) -> Any:
    (kind, name), above = path[-1], path[:-1]
    named = {"name": name} if isinstance(name, str) else {"id": name}
    entity = datastore.Entity(kind, parent=make_key(above) if above else None, _app=APP, **named)
    entity.update(values)
    return entity


def make_query(asked: dict[str, Any]) -> Any:
    projected = tuple(asked["projected"])
    query = datastore.Query(asked["kind"], _app=APP, projection=projected or None, distinct=bool(asked["distinct"]))
    for name, operator, operand in asked["filters"]:
        place = f"{name} {operator}"
        held = query.get(place, [])
        value = make_key(operand) if name == KEY else operand
        query[place] = [*(held if isinstance(held, list) else [held]), value]
    if asked["ancestor"]:
        query.Ancestor(make_key(asked["ancestor"]))
    query.Order(*((name, query.DESCENDING if descending else query.ASCENDING) for name, descending in asked["orders"]))
    return query


def answer(asked: dict[str, Any], indexes: str) -> dict[str, Any]:
    query = make_query(asked)
    message = query._ToPb()
    required, kind, ancestor, properties = datastore_index.CompositeIndexForQuery(message)
    recommended = datastore_index.GetRecommendedIndexProperties(properties)
    need = [kind, bool(ancestor), [[each.name, each.direction == 2] for each in recommended]] if required else None
    given = datastore_index.ParseIndexDefinitions(indexes).indexes or [] if indexes else []
    return {
        "rows": [[path_of(found.key()), plain(found)] for found in query.Run()],
        "need": need,
        "served": datastore_index.MinimalCompositeIndexForQuery(message, given) is None,
    }


def path_of(key: Any) -> list[list[Any]]:
    parts = key.to_path()
    return [list(pair) for pair in zip(parts[::2], parts[1::2], strict=True)]


def plain(entity: Any) -> dict[str, Any]:
    """Values as JSON has them; what comes from an index is bytes where it was text."""
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in entity.items()}


if __name__ == "__main__":
    main()
