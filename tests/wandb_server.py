"""A stand-in for W&B's server on loopback, which the real client talks to, and its outages.

It keeps what it is sent in `backend` (`wandb_backend.Backend`). `outage` says how it answers from
now on: "" as it should, a status such as "503", "hang" not at all, "drop" by hanging up. `after`
lets so many more requests through before that; `only` names what is concerned ("PUT", "graphql").
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from wandb_backend import Backend, Refusal

HANG = 60.0
"""Seconds until a hanging server gives up."""


class WandbServer:
    """Several may stand before one backend."""

    def __init__(self, backend: Backend | None = None) -> None:
        self.outage = self.only = ""
        self.after = 0
        self.requests = 0
        self.closing = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # clients reset idle connections
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.backend = backend or Backend()

    def __enter__(self) -> WandbServer:
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

    def forget(self, backend: Backend | None = None) -> None:
        """As if nobody had sent anything, unless a backend says so."""
        with self.backend.lock:
            self.outage, self.only, self.after, self.requests = "", "", 0, 0
            self.backend = backend or Backend()

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        return self.backend.runs

    def state(self, request: str) -> str:
        """How the next request is answered."""
        with self.backend.lock:
            self.requests += 1
            if self.only not in request:
                return ""
            if self.outage and self.after > 0:
                self.after -= 1
                return ""
            return self.outage


def _handler(server: WandbServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def body(self) -> bytes:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            return gzip.decompress(data) if "gzip" in self.headers.get(
                "content-encoding", "") else data  # fmt: skip

        def answer(self, data: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def is_out(self) -> bool:
            state = server.state(f"{self.command} {self.path}")
            if state == "hang":
                server.closing.wait(HANG)
            if state in ("hang", "drop"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif state:
                self.answer(b'{"error": "out of order"}', int(state))
            return bool(state)

        def do_GET(self) -> None:
            if not self.is_out():
                found = server.backend.files.get(self.path)
                self.answer(found or b"", 404 if found is None else 200)

        def do_PUT(self) -> None:
            data = self.body()
            if not self.is_out():
                server.backend.files[self.path] = data
                self.answer(b"{}")

        def do_POST(self) -> None:
            body = json.loads(self.body() or b"{}")
            if self.is_out():
                return None
            with server.backend.lock:
                if self.path.endswith("/file_stream"):
                    server.backend.stream(self.path.split("/")[-2], body)
                    answer: dict[str, Any] = {"exitcode": None, "limits": {}}
                else:
                    name = re.search(r"\b(?:query|mutation)\s+(\w+)", body["query"]).group(1)
                    asked = body.get("variables") or {}
                    try:
                        answer = server.backend.graphql(name, asked, server.url)
                    except Refusal as error:
                        reason = {"errors": [{"message": str(error)}]}
                        return self.answer(json.dumps(reason).encode(), error.status)
            return self.answer(json.dumps(answer).encode())

    return Handler
