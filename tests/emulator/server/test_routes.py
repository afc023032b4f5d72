"""Which paths are answered over HTTP/1.1, and whom."""

import json

import pytest

from consistency.emulator.values.scope import Scope
from tests.emulator.server.plain import ask
from tests.emulator.server.served import Served, serve


class TestRoutes:
    def test_root(self, served: Served) -> None:
        """`GET /` is how everybody asks whether the emulator is up."""
        status, headers, body = ask(served, "GET", "/")
        assert (status, body) == (200, b"Ok\n")
        assert headers["content-length"] == "3"

    def test_head(self, served: Served) -> None:
        """HEAD has the same header fields and no body."""
        status, headers, body = ask(served, "HEAD", "/")
        assert (status, headers["content-length"], body) == (200, "3", b"")

    def test_shutdown(self, served: Served) -> None:
        """Shutting down is told after the answer was written."""
        assert ask(served, "POST", "/shutdown")[0] == 200
        assert served.wait_until(lambda: served.service.shutdowns == 1)

    def test_reset(self, served: Served) -> None:
        """Resetting is done before the answer is written."""
        assert ask(served, "POST", "/reset?project=p", body=b"{}")[0] == 200
        assert served.service.resets == [Scope("p")]

    @pytest.mark.parametrize(
        ("query", "scope"),
        [
            ("", Scope()),
            ("?key=secret&alt=json", Scope()),
            ("?project=p&namespace=", Scope("p", None, "")),
            ("?database=a%20b&namespace=n", Scope(None, "a b", "n")),
        ],
    )
    def test_reset_of_a_part(self, served: Served, query: str, scope: Scope) -> None:
        """What the query names is emptied; an empty name is the default one's."""
        assert ask(served, "POST", f"/reset{query}")[0] == 200
        assert served.service.resets == [scope]

    @pytest.mark.parametrize(
        ("query", "told"),
        [("?namespaces=n", "namespaces"), ("?project=", "empty"), ("?project=p&project=q", "one project")],
    )
    def test_reset_of_what_is_not_known(self, served: Served, query: str, told: str) -> None:
        """A misspelt word empties nothing."""
        status, _, body = ask(served, "POST", f"/reset{query}")
        assert status == 400
        assert told in json.loads(body)["error"]["message"]
        assert served.service.resets == []

    @pytest.mark.parametrize(("method", "path"), [("GET", "/none"), ("GET", "/reset"), ("PUT", "/"), ("POST", "//")])
    def test_unknown(self, served: Served, method: str, path: str) -> None:
        """Anything else is an error in the service's shape."""
        status, headers, body = ask(served, method, path)
        assert status == 404
        assert headers["content-type"].startswith("application/json")
        error = json.loads(body)["error"]
        assert (error["code"], error["status"]) == (404, "NOT_FOUND")
        assert path in error["message"]


class TestStrangers:
    @pytest.mark.parametrize(
        "host",
        ["localhost", "127.0.0.1:8081", "[::1]:8081", "[::1]", "emulator:8081", "192.168.0.7", "a.localhost",
         "db.internal", "svc.cluster.local:1", "LOCALHOST."],
    )  # fmt: skip
    def test_own_names(self, served: Served, host: str) -> None:
        """Addresses, and names that no stranger can register, are this server's."""
        assert ask(served, "GET", "/", {"Host": host})[0] == 200

    @pytest.mark.parametrize("host", ["evil.com", "evil.com:8081", "127.0.0.1.evil.com", "localhost.evil.com:80"])
    def test_other_names(self, served: Served, host: str) -> None:
        """A domain that somebody pointed here is not."""
        status, _, body = ask(served, "GET", "/", {"Host": host})
        assert (status, json.loads(body)["error"]["status"]) == (403, "PERMISSION_DENIED")

    @pytest.mark.parametrize("origin", ["http://evil.com", "null", "http://localhost:3000", "http://127.0.0.1"])
    def test_other_origins(self, served: Served, origin: str) -> None:
        """A page of another origin can neither read, reset nor stop the emulator."""
        for method, path in (("GET", "/"), ("POST", "/reset"), ("POST", "/shutdown"), ("OPTIONS", "/reset")):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            status, answered, _ = ask(served, method, path, headers)
            assert (status, "access-control-allow-origin" in answered) == (403, False)
        assert (served.service.resets, served.service.shutdowns) == ([], 0)

    def test_without_origin(self, served: Served) -> None:
        """A browser that says where a request came from, though not from which origin, is believed too."""
        assert ask(served, "POST", "/reset", {"Sec-Fetch-Site": "cross-site"})[0] == 403
        assert ask(served, "POST", "/reset", {"Sec-Fetch-Site": "none"})[0] == 200

    def test_allowed_origin(self) -> None:
        """An origin that was allowed may ask, send and read."""
        page = {"Origin": "http://localhost:3000"}
        with serve(("http://localhost:3000",)) as served:
            asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
            status, headers, _ = ask(served, "OPTIONS", "/reset", page | asked)
            assert (status, headers["access-control-allow-headers"]) == (204, "content-type")
            assert "POST" in headers["access-control-allow-methods"]
            status, headers, _ = ask(served, "POST", "/reset", page)
            assert (status, headers["access-control-allow-origin"]) == (200, "http://localhost:3000")
            assert ask(served, "POST", "/reset", {"Origin": "http://localhost:3001"})[0] == 403
