"""A stand-in for W&B's server on loopback: as much of its protocol as `wandb sync` speaks."""

from __future__ import annotations

import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG = 60.0
"""Seconds until a hanging server gives up."""


class WandbServer:
    """Keeps the runs that are uploaded to it; `hang` makes it answer nothing."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.unknown: list[str] = []
        self.hang = False
        self.closing = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # clients reset idle connections
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def __enter__(self) -> WandbServer:
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

    def graphql(self, operation: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        viewer = {"id": "1", "entity": "me", "username": "me", "name": "me", "email": "",
                  "flags": "{}", "teams": {"edges": []}}  # fmt: skip
        match operation:
            case "Viewer" | "GetViewer":
                return {"viewer": viewer}
            case "ServerFeaturesQuery" | "ServerInfo":
                return {"serverInfo": {"features": []}}
            case "RunResumeStatus":
                return {"model": {"id": "1", "name": "p", "entity": {"id": "1", "name": "me"},
                                  "bucket": None}}  # fmt: skip
            case "UpsertBucket":
                return self.upsert(variables)
            case "CreateRunFiles":
                files = [{"name": name, "uploadUrl": f"{self.url}/file/{name}"}
                         for name in variables["files"]]  # fmt: skip
                return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": files}}
            case "RunStoppedStatus":
                return {"project": {"run": {"stopped": False}}}
        self.unknown.append(operation)
        return None

    def upsert(self, variables: dict[str, Any]) -> dict[str, Any]:
        run = self.runs.setdefault(variables["name"], {"config": {}, "summary": {}})
        if variables.get("config"):
            run["config"] = json.loads(variables["config"])
        project = {"id": "1", "name": variables.get("project") or "p",
                   "entity": {"id": "1", "name": "me"}}  # fmt: skip
        bucket = {"id": "1", "name": variables["name"], "displayName": "", "description": "",
                  "config": json.dumps(run["config"]), "sweepName": None, "historyLineCount": 0,
                  "project": project}  # fmt: skip
        return {"upsertBucket": {"inserted": True, "bucket": bucket}}

    def stream(self, run: str, body: dict[str, Any]) -> None:
        content = body.get("files", {}).get("wandb-summary.json", {}).get("content")
        if content:
            self.runs[run]["summary"] = json.loads(content[-1])


def _handler(server: WandbServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def body(self) -> bytes:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            return gzip.decompress(data) if "gzip" in self.headers.get(
                "content-encoding", "") else data  # fmt: skip

        def answer(self, plain: Any) -> None:
            data = json.dumps(plain).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_PUT(self) -> None:
            self.body()
            self.answer({})

        def do_POST(self) -> None:
            body = json.loads(self.body() or b"{}")
            if server.hang:
                server.closing.wait(HANG)
                return
            if self.path.endswith("/file_stream"):
                server.stream(self.path.split("/")[-2], body)
                self.answer({"exitcode": None, "limits": {}})
                return
            name = re.search(r"\b(?:query|mutation)\s+(\w+)", body["query"]).group(1)
            found = server.graphql(name, body.get("variables") or {})
            errors = [] if found else [{"message": f"no operation {name}"}]
            self.answer({"data": found, **({"errors": errors} if errors else {})})

    return Handler
