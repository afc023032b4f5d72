"""Keys and values: their byte order, their rules and their messages. No entity is stored here."""
