"""Valid requests of every RPC in proto3's JSON, as seeds for fuzzing: between them they name most fields there are."""

from typing import Any

Sample = dict[str, Any]

_PATH = [{"kind": "Song", "name": "waltz"}]
_KEY: Sample = {"partitionId": {"namespaceId": "n"}, "path": _PATH}
_CHILD: Sample = {"path": [*_PATH, {"kind": "Verse", "id": "7"}]}
_OPEN: Sample = {"path": [{"kind": "Song"}]}
_VALUES: Sample = {
    "null": {"nullValue": None},
    "yes": {"booleanValue": True},
    "whole": {"integerValue": "-3"},
    "half": {"doubleValue": 0.5},
    "when": {"timestampValue": "2026-01-02T03:04:05.678901Z"},
    "key": {"keyValue": _CHILD},
    "text": {"stringValue": "Grüße", "excludeFromIndexes": True},
    "bytes": {"blobValue": "AP8="},
    "where": {"geoPointValue": {"latitude": 1.5, "longitude": -2}},
    "inner": {"entityValue": {"key": _KEY, "properties": {"a": {"integerValue": "1"}}}},
    "vector": {"arrayValue": {"values": [{"doubleValue": 0.5}, {"doubleValue": -1}]}, "meaning": 31},
    "many": {"arrayValue": {"values": [{"integerValue": "1"}, {"stringValue": "b"}, {"nullValue": None}]}},
}
_ENTITY: Sample = {"key": _KEY, "properties": _VALUES}
_TRANSFORMS: list[Sample] = [
    {"property": "when", "setToServerValue": "REQUEST_TIME"},
    {"property": "whole", "increment": {"integerValue": "2"}},
    {"property": "half", "maximum": {"doubleValue": 3}},
    {"property": "whole", "minimum": {"integerValue": "-9"}},
    {"property": "many", "appendMissingElements": {"values": [{"integerValue": "1"}, {"integerValue": "4"}]}},
    {"property": "many", "removeAllFromArray": {"values": [{"nullValue": None}]}},
]


def _where(name: str, operator: str, value: Sample) -> Sample:
    return {"propertyFilter": {"property": {"name": name}, "op": operator, "value": value}}


def _all(*filters: Sample, operator: str = "AND") -> Sample:
    return {"compositeFilter": {"op": operator, "filters": list(filters)}}


_WHOLE, _TEXT = {"integerValue": "-3"}, {"stringValue": "a"}
_SOME = {"arrayValue": {"values": [_WHOLE, _TEXT]}}
_FILTERS: list[Sample] = [
    _where("whole", "EQUAL", _WHOLE),
    _where("whole", "GREATER_THAN", _WHOLE),
    _where("__key__", "HAS_ANCESTOR", {"keyValue": _KEY}),
    _where("whole", "IN", _SOME),
    _where("whole", "NOT_IN", _SOME),
    _where("whole", "NOT_EQUAL", _WHOLE),
    _all(_where("whole", "LESS_THAN_OR_EQUAL", _WHOLE), _where("half", "GREATER_THAN_OR_EQUAL", {"doubleValue": 0.1})),
    _all(_where("whole", "EQUAL", _WHOLE), _where("text", "EQUAL", _TEXT), operator="OR"),
]
_QUERY: Sample = {
    "kind": [{"name": "Song"}],
    "order": [{"property": {"name": "whole"}, "direction": "DESCENDING"}],
    "projection": [{"property": {"name": "whole"}}],
    "distinctOn": [{"name": "whole"}],
    "offset": 1,
    "limit": 5,
    "startCursor": "AQ==",
}
_GQL: Sample = {
    "queryString": "SELECT * FROM Song WHERE whole = @n AND half > @1 ORDER BY half DESC LIMIT 3",
    "namedBindings": {"n": {"value": _WHOLE}},
    "positionalBindings": [{"value": {"doubleValue": 0.1}}],
    "allowLiterals": True,
}
_NEAREST: Sample = {
    "vectorProperty": {"name": "vector"},
    "queryVector": {"arrayValue": {"values": [{"doubleValue": 0.5}, {"doubleValue": 1}]}, "meaning": 31},
    "distanceMeasure": "EUCLIDEAN",
    "limit": 3,
    "distanceResultProperty": "distance",
}
_READS: list[Sample] = [
    {"readConsistency": "EVENTUAL"},
    {"readTime": "2026-01-01T00:00:00Z"},
    {"newTransaction": {"readOnly": {}}},
    {"transaction": "AAAA"},
]
_NESTED: Sample = {
    "nestedQuery": {"kind": [{"name": "Song"}], "filter": _FILTERS[0]},
    "aggregations": [
        {"count": {"upTo": "3"}, "alias": "n"},
        {"sum": {"property": {"name": "whole"}}},
        {"avg": {"property": {"name": "half"}}},
    ],
}

SAMPLES: dict[str, list[Sample]] = {  # by the word of METHODS
    "lookup": [
        {"keys": [_KEY, _CHILD], "propertyMask": {"paths": ["whole"]}},
        *({"keys": [_KEY], "readOptions": options, "databaseId": "d"} for options in _READS),
    ],
    "runQuery": [
        *(
            {"query": {"kind": [{"name": "Song"}], "filter": one}, "partitionId": {"namespaceId": "n"}}
            for one in _FILTERS
        ),
        {"query": _QUERY, "explainOptions": {"analyze": True}},
        {"query": {"kind": [{"name": "__kind__"}]}, "readOptions": _READS[0]},
        {"query": {}, "readOptions": _READS[2]},
        {"query": {"kind": [{"name": "Song"}], "findNearest": _NEAREST}},
        {"query": {"kind": [{"name": "__property__"}], "filter": _FILTERS[2]}, "propertyMask": {"paths": ["a"]}},
        {"gqlQuery": _GQL},
    ],
    "runAggregationQuery": [{"aggregationQuery": _NESTED}, {"gqlQuery": {"queryString": "SELECT COUNT(*) FROM Song"}}],
    "beginTransaction": [
        {"transactionOptions": {"readOnly": {"readTime": "2026-01-01T00:00:00Z"}}},
        {"transactionOptions": {"readWrite": {"previousTransaction": "AAAA"}}},
    ],
    "commit": [
        {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": _ENTITY}]},
        {
            "mode": "NON_TRANSACTIONAL",
            "mutations": [{"delete": _KEY}, {"insert": {"key": _OPEN, "properties": _VALUES}}],
        },
        {"mode": "TRANSACTIONAL", "singleUseTransaction": {"readWrite": {}}, "mutations": [{"update": _ENTITY}]},
        {"mode": "TRANSACTIONAL", "transaction": "AAAA", "mutations": [{"upsert": _ENTITY, "baseVersion": "1"}]},
        {"mode": 2, "mutations": [{"upsert": _ENTITY, "propertyMask": {"paths": ["whole", "inner.a"]}}]},
        {"mode": 2, "mutations": [{"upsert": _ENTITY, "propertyTransforms": _TRANSFORMS}]},
    ],
    "rollback": [{"transaction": "AAAA"}],
    "allocateIds": [{"keys": [_OPEN, _OPEN]}],
    "reserveIds": [{"keys": [_CHILD]}],
}
