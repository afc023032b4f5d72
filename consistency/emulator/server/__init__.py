"""The wire of the emulator: one port that speaks gRPC and HTTP/1.1.

Read in this order: listener (the socket), sniffing (which protocol), connection (HTTP/2), then calls and outbox (one
request in, one reply out), headers and replies (HPACK in and out), last http1 and routes.
"""
