"""Every construct of the language as text, each with the message that it stands for in text format."""


def join(operator: str, *filters: str) -> str:
    """A composite filter."""
    parts = " ".join(f"filters {{ {part} }}" for part in filters)
    return f"composite_filter {{ op: {operator} {parts} }}"


KEY = 'partition_id { project_id: "shop" namespace_id: "spring" }'
A1, B2 = (
    f'property_filter {{ property {{ name: "{name}" }} op: EQUAL value {{ integer_value: {number} }} }}'
    for name, number in (("a", 1), ("b", 2))
)
C3 = 'property_filter { property { name: "c" } op: LESS_THAN value { integer_value: 3 } }'

QUALIFIED_EVERYWHERE = f"""
    kind {{ name: "k" }} projection {{ property {{ name: "a" }} }} distinct_on {{ name: "a" }}
    filter {{ {A1} }} order {{ property {{ name: "a" }} direction: ASCENDING }}
"""
THREE_ORDERS = """
    order { property { name: "a.b" } direction: DESCENDING } order { property { name: "c" } direction: ASCENDING }
    order { property { name: "__key__" } direction: DESCENDING }
"""
FOUR_AGGREGATIONS = """
    nested_query { kind { name: "k" } } aggregations { count {} } aggregations { count { up_to { value: 5 } } }
    aggregations { sum { property { name: "p" } } }
    aggregations { avg { property { name: "q.r" } } alias: "the mean" }
"""
LIMITED = f"""
    nested_query {{ kind {{ name: "k" }} filter {{ {A1} }} limit {{ value: 5 }} offset: 10 }}
    aggregations {{ count {{}} alias: "total" }}
"""
OVER_A_PROJECTION = """
    nested_query {
      kind { name: "k" } projection { property { name: "b" } }
      order { property { name: "b" } direction: ASCENDING }
    }
    aggregations { count { up_to { value: 1 } } alias: "over" } aggregations { sum { property { name: "a" } } }
    aggregations { avg { property { name: "b" } } }
"""
ARRAY = """array_value {
    values { integer_value: 1 } values { string_value: "x" }
    values { integer_value: 1 } values { null_value: NULL_VALUE }
}"""

SELECTIONS = [
    ("SELECT *", ""),
    ("SELECT * FROM Task", 'kind { name: "Task" }'),
    ("select * from Task", 'kind { name: "Task" }'),
    ("SELECT * FROM Task;", 'kind { name: "Task" }'),
    ("\tSELECT\n  *\r\n\fFROM\n  Task  ", 'kind { name: "Task" }'),
    ("SELECT * FROM `the task`", 'kind { name: "the task" }'),
    ("SELECT * FROM `a``b`", 'kind { name: "a`b" }'),
    (r"SELECT * FROM `a\`\n\\b`", r'kind { name: "a`\n\\b" }'),
    ("SELECT * FROM __kind__", 'kind { name: "__kind__" }'),
    ("SELECT * FROM $täsk_1", 'kind { name: "$täsk_1" }'),
    ("SELECT __key__ FROM Task", 'kind { name: "Task" } projection { property { name: "__key__" } }'),
    ("SELECT a, b", 'projection { property { name: "a" } } projection { property { name: "b" } }'),
    ("SELECT a.b.`c d`", 'projection { property { name: "a.b.c d" } }'),
    ("SELECT `a.b`", 'projection { property { name: "a.b" } }'),
    ("SELECT `select`", 'projection { property { name: "select" } }'),
    ("SELECT DISTINCT a", 'projection { property { name: "a" } } distinct_on { name: "a" }'),
    ("SELECT DISTINCT ON (a) *", 'distinct_on { name: "a" }'),
    (
        "SELECT DISTINCT ON (b) a, b",
        'projection { property { name: "a" } } projection { property { name: "b" } } distinct_on { name: "b" }',
    ),
]

QUALIFIED = [
    ("SELECT Task.done FROM Task", 'kind { name: "Task" } projection { property { name: "done" } }'),
    ("SELECT Task.Task.done FROM Task", 'kind { name: "Task" } projection { property { name: "Task.done" } }'),
    ("SELECT Task FROM Task", 'kind { name: "Task" } projection { property { name: "Task" } }'),
    ("SELECT task.done FROM Task", 'kind { name: "Task" } projection { property { name: "task.done" } }'),
    ("SELECT `Task.done` FROM Task", 'kind { name: "Task" } projection { property { name: "Task.done" } }'),
    ("SELECT Task.done", 'projection { property { name: "Task.done" } }'),
    (
        "SELECT DISTINCT ON (k.a) a FROM k WHERE k.a = 1 ORDER BY k.a",
        QUALIFIED_EVERYWHERE,
    ),
]

ENDINGS = [
    ("ORDER BY a", 'order { property { name: "a" } direction: ASCENDING }'),
    (
        "ORDER BY a.b DESC, c ASC, __key__ desc",
        THREE_ORDERS,
    ),
    ("LIMIT 5", "limit { value: 5 }"),
    ("LIMIT +5", "limit { value: 5 }"),
    ("LIMIT 0", "limit { value: 0 }"),
    ("LIMIT @n", "limit { value: 7 }"),
    ("LIMIT @here", 'end_cursor: "HERE"'),
    ("LIMIT FIRST(5, @here)", 'limit { value: 5 } end_cursor: "HERE"'),
    ("LIMIT FIRST(@there, @n)", 'limit { value: 7 } end_cursor: "THERE"'),
    ("OFFSET 5", "offset: 5"),
    ("OFFSET @n", "offset: 7"),
    ("OFFSET @here", 'start_cursor: "HERE"'),
    ("OFFSET @here + 5", 'start_cursor: "HERE" offset: 5'),
    ("OFFSET @here+ 5", 'start_cursor: "HERE" offset: 5'),
    ("OFFSET @here + +5", 'start_cursor: "HERE" offset: 5'),
    ("OFFSET @here + @n", 'start_cursor: "HERE" offset: 7'),
    (
        "WHERE a = 1 ORDER BY a LIMIT 3 OFFSET 4",
        f'filter {{ {A1} }} order {{ property {{ name: "a" }} direction: ASCENDING }} limit {{ value: 3 }} offset: 4',
    ),
    ("LIMIT FIRST(@n, @there) OFFSET @here", 'limit { value: 7 } end_cursor: "THERE" start_cursor: "HERE"'),
]

JUNCTIONS = [
    ("a = 1", A1),
    ("(((a = 1)))", A1),
    ("a = 1 AND b = 2", join("AND", A1, B2)),
    ("a = 1 and b = 2 AND c < 3", join("AND", A1, B2, C3)),
    ("a = 1 OR b = 2 or c < 3", join("OR", A1, B2, C3)),
    ("a = 1 OR b = 2 AND c < 3", join("OR", A1, join("AND", B2, C3))),
    ("a = 1 AND b = 2 OR c < 3", join("OR", join("AND", A1, B2), C3)),
    ("(a = 1 OR b = 2) AND c < 3", join("AND", join("OR", A1, B2), C3)),
    ("(a = 1 AND b = 2) AND c < 3", join("AND", join("AND", A1, B2), C3)),
]

AGGREGATIONS = [
    ("SELECT COUNT(*)", "nested_query {} aggregations { count {} }"),
    (
        "SELECT COUNT(*) AS n FROM k WHERE a = 1",
        f'nested_query {{ kind {{ name: "k" }} filter {{ {A1} }} }} aggregations {{ count {{}} alias: "n" }}',
    ),
    (
        "select count ( * ), count_up_to(5), sum(k.p), avg(q.r) as `the mean` from k",
        FOUR_AGGREGATIONS,
    ),
    ("SELECT COUNT_UP_TO(0)", "nested_query {} aggregations { count { up_to { value: 0 } } }"),
    (
        "AGGREGATE COUNT(*) AS total OVER (SELECT * FROM k WHERE a = 1 LIMIT 5 OFFSET 10)",
        LIMITED,
    ),
    (
        "AGGREGATE COUNT_UP_TO(1) AS over, SUM(a), AVG(k.b) OVER (SELECT b FROM k ORDER BY b);",
        OVER_A_PROJECTION,
    ),
]

COMPARISONS = [
    ("a = 1", "EQUAL"),
    ("a != 1", "NOT_EQUAL"),
    ("a<1", "LESS_THAN"),
    ("a<=1", "LESS_THAN_OR_EQUAL"),
    ("a>1", "GREATER_THAN"),
    ("a>=1", "GREATER_THAN_OR_EQUAL"),
    ("a contains 1", "EQUAL"),
    ("1 = a", "EQUAL"),
    ("1 != a", "NOT_EQUAL"),
    ("1 < a", "GREATER_THAN"),
    ("1 <= a", "GREATER_THAN_OR_EQUAL"),
    ("1 > a", "LESS_THAN"),
    ("1 >= a", "LESS_THAN_OR_EQUAL"),
    ("1 IN a", "EQUAL"),
    ("@one >= a", "LESS_THAN_OR_EQUAL"),
    ("a = @one", "EQUAL"),
]

VALUES = [
    ("'text'", 'string_value: "text"'),
    ('"text"', 'string_value: "text"'),
    ("''", 'string_value: ""'),
    ("'Joe''s'", 'string_value: "Joe\'s"'),
    ('"so ""called"""', r'string_value: "so \"called\""'),
    ("""'"" `` "'""", r'string_value: "\"\" `` \""'),
    (r"'\\ \b \n \r \t \' \" \`'", r'string_value: "\\ \b \n \r \t \' \" `"'),
    (r"'\0\Z'", r'string_value: "\000\032"'),
    (r"'5\% \_x'", r'string_value: "5\\% \\_x"'),
    ("'tab\there, \rö\U0001f40c'", 'string_value: "tab\\there, \\rö\U0001f40c"'),
    ("0", "integer_value: 0"),
    ("+5831", "integer_value: 5831"),
    ("-37", "integer_value: -37"),
    ("9223372036854775807", "integer_value: 9223372036854775807"),
    ("-9223372036854775808", "integer_value: -9223372036854775808"),
    ("00000000000000000000000007", "integer_value: 7"),
    ("0.0", "double_value: 0.0"),
    ("+58.31", "double_value: 58.31"),
    ("-3.", "double_value: -3.0"),
    ("+.1", "double_value: 0.1"),
    ("314159e-5", "double_value: 3.14159"),
    ("6.022E23", "double_value: 6.022e23"),
    ("1.e+2", "double_value: 100.0"),
    ("TRUE", "boolean_value: true"),
    ("false", "boolean_value: false"),
    ("NULL", "null_value: NULL_VALUE"),
    ("BLOB('')", 'blob_value: ""'),
    ("blob('-_8')", r'blob_value: "\373\377"'),
    ('BLOB("AGI")', r'blob_value: "\000b"'),
    ("DATETIME('1970-01-01T00:00:00Z')", "timestamp_value {}"),
    ("datetime('2013-09-29t09:30:20.00002-08:00')", "timestamp_value { seconds: 1380475820 nanos: 20000 }"),
    ("DATETIME('1969-12-31T23:59:59.5z')", "timestamp_value { seconds: -1 nanos: 500000000 }"),
    ("DATETIME('0001-01-01T00:00:00Z')", "timestamp_value { seconds: -62135596800 }"),
    ("DATETIME('9999-12-31T23:59:59.999999Z')", "timestamp_value { seconds: 253402300799 nanos: 999999000 }"),
    ("DATETIME('2000-03-01T01:00:00+23:59')", "timestamp_value { seconds: 951786060 }"),
    ("ARRAY(1, 'x', @one, NULL)", ARRAY),
    ("KEY(Person, 5)", f'key_value {{ {KEY} path {{ kind: "Person" id: 5 }} }}'),
    (
        "key(`a b`, 'x', key, 9223372036854775807)",
        f'key_value {{ {KEY} path {{ kind: "a b" name: "x" }} path {{ kind: "key" id: 9223372036854775807 }} }}',
    ),
    (
        "KEY(PROJECT('p'), DATABASE('d'), NAMESPACE('n'), K, 1)",
        'key_value { partition_id { project_id: "p" database_id: "d" namespace_id: "n" } path { kind: "K" id: 1 } }',
    ),
    ("KEY(NAMESPACE(''), key, 1)", 'key_value { partition_id { project_id: "shop" } path { kind: "key" id: 1 } }'),
]
