"""The command line: parse, call one function, print. Nothing heavy is imported before a command needs it."""
