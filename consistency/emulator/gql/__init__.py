"""GQL, the query language: its text and bindings become the messages of a query. No entity is read here."""
