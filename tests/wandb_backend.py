"""What W&B's server keeps of runs, artifacts, registry links and reports, in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

Plain = dict[str, Any]
WHEN = "2026-01-01T00:00:00Z"
ENTITY, ORGANISATION = "me", "firm-org"


def page(nodes: list[Plain], cursor: str | None = None, size: int | None = None) -> Plain:
    """One page of a GraphQL connection; a cursor is a position."""
    start = int(cursor or 0)
    end = len(nodes) if size is None else start + size
    edges = [{"node": node, "cursor": str(i)} for i, node in enumerate(nodes[start:end], start + 1)]
    return {"edges": edges, "totalCount": len(nodes),
            "pageInfo": {"endCursor": str(end), "hasNextPage": end < len(nodes)}}  # fmt: skip


class Refusal(Exception):
    """W&B says no: an HTTP status and its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Backend:
    """`graphql` answers by the name of an operation: a method of the same name, in any case.

    Attributes:
        deleted: ids of runs that were deleted, which W&B never takes again.
        loses: what it accepts and forgets: "summary", "end" of a run, "commit" of an artifact.
        runs: by id.
        artifacts: versions in the order in which they came.
        links: (collection, alias) -> id of the artifact.
        views: reports by id.
        operations: the names of everything that was asked for.

    """

    def __init__(self) -> None:
        self.url = ""
        self.lock = threading.RLock()
        self.deleted: set[str] = set()
        self.loses: set[str] = set()
        self.runs: dict[str, Plain] = {}
        self.files: dict[str, bytes] = {}
        self.artifacts: list[Plain] = []
        self.links: dict[tuple[str, str], str] = {}
        self.views: dict[str, Plain] = {}
        self.operations: list[str] = []
        self.unknown: list[str] = []

    def graphql(self, operation: str, variables: Plain, url: str) -> Plain:
        """The answer, in which files are to be sent to `url`."""
        self.url = url
        self.operations.append(operation)
        method: Callable[[Plain], Plain] | None = getattr(self, f"on_{operation.lower()}", None)
        if method is None:
            self.unknown.append(operation)
            return {"data": None, "errors": [{"message": f"no operation {operation}"}]}
        return {"data": method(variables)}

    # Who asks

    def on_viewer(self, _: Plain) -> Plain:
        return {"viewer": {"id": "u", "entity": ENTITY, "username": ENTITY, "name": ENTITY,
                           "email": "", "flags": "{}", "admin": False, "deletedAt": None,
                           "apiKeys": page([]), "teams": page([])}}  # fmt: skip

    on_getviewer = on_viewer

    def on_getdefaultentity(self, _: Plain) -> Plain:
        return {"viewer": {"id": "u", "entity": ENTITY, "username": ENTITY,
                           "defaultEntity": {"id": "e", "name": ENTITY}}}  # fmt: skip

    def on_serverfeaturesquery(self, _: Plain) -> Plain:
        return {"serverInfo": {"features": []}}

    # Runs

    def on_runresumestatus(self, _: Plain) -> Plain:
        return {"model": {"id": "p", "name": "p", "entity": {"id": "e", "name": ENTITY},
                          "bucket": None}}  # fmt: skip

    def on_upsertbucket(self, sent: Plain) -> Plain:
        if sent["name"] in self.deleted:
            raise Refusal(409, f"run {sent['name']} was previously created and deleted")
        for name in ("name", "displayName", "groupName"):
            if len(sent.get(name) or "") > 128:
                raise Refusal(400, f"invalid {name}: must be 128 characters or less")
        if any(not 0 < len(tag) <= 64 for tag in sent.get("tags") or []):
            raise Refusal(400, "invalid tag")
        new = sent["name"] not in self.runs
        run = self.runs.setdefault(sent["name"], {"config": {}, "summary": {}, "history": []})
        run["state"] = "running"
        for name in ("displayName", "groupName", "jobType", "tags", "notes"):
            run[name] = sent.get(name) or run.get(name)
        run["project"] = sent.get("project") or "p"
        run["entity"] = sent.get("entity") or ENTITY
        if sent.get("config"):
            run["config"] = json.loads(sent["config"])
        project = {"id": "p", "name": run["project"],
                   "entity": {"id": "e", "name": run["entity"]}}  # fmt: skip
        bucket = {"id": sent["name"], "name": sent["name"], "displayName": run["displayName"],
                  "description": "", "config": json.dumps(run["config"]), "sweepName": None,
                  "historyLineCount": 0, "project": project}  # fmt: skip
        return {"upsertBucket": {"inserted": new, "bucket": bucket}}

    def stream(self, run_id: str, body: Plain) -> None:
        run = self.runs[run_id]
        for name, part in (body.get("files") or {}).items():
            if name == "wandb-summary.json" and "summary" not in self.loses:
                run["summary"] = json.loads(part["content"][-1])
            elif name == "wandb-history.jsonl":
                run["history"][part["offset"] :] = map(json.loads, part["content"])
        if body.get("complete") and "end" not in self.loses:
            run["state"] = "finished" if body.get("exitcode") == 0 else "failed"

    def on_createrunfiles(self, sent: Plain) -> Plain:
        files = [{"name": name, "uploadUrl": f"{self.url}/runs/{sent['run']}/{name}"}
                 for name in sent["files"]]  # fmt: skip
        return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": files}}

    def on_runstoppedstatus(self, _: Plain) -> Plain:
        return {"project": {"run": {"stopped": False}}}

    def on_runs(self, sent: Plain) -> Plain:
        asked = json.loads(sent.get("filters") or "{}")
        nodes = [self._run(name, run) for name, run in self.runs.items()
                 if run["project"] == sent["project"] and _matches(run, asked)]  # fmt: skip
        found = page(nodes, sent.get("cursor"), sent["perPage"])
        if not any(run["project"] == sent["project"] for run in self.runs.values()):
            return {"project": None}
        return {"project": {"internalId": "1", "runCount": len(nodes), "readOnly": False,
                            "runs": found}}  # fmt: skip

    def on_run(self, sent: Plain) -> Plain:
        name = sent.get("name") or sent.get("run")
        run = self.runs.get(name)
        return {"project": {"internalId": "1", "run": run and self._run(name, run)}}

    def _run(self, name: str, run: Plain) -> Plain:
        return {"__typename": "Run", "id": name, "name": name, "projectId": "1",
                "internalId": "1", "displayName": run["displayName"], "sweepName": None,
                "state": run["state"], "config": json.dumps(run["config"]),
                "group": run["groupName"], "jobType": run["jobType"], "commit": None,
                "readOnly": False, "createdAt": WHEN, "heartbeatAt": WHEN, "description": "",
                "notes": None, "systemMetrics": "{}", "tags": run["tags"] or [],
                "summaryMetrics": json.dumps(run["summary"]), "historyKeys": None,
                "historyLineCount": len(run["history"]), "fileCount": 0,
                "user": {"name": ENTITY, "username": ENTITY}}  # fmt: skip

    # Artifacts

    def on_artifacttype(self, _: Plain) -> Plain:
        return {"project": {"artifact": None}}

    def on_createartifact(self, sent: Plain) -> Plain:
        asked = sent["input"]
        name = (asked.get("artifactCollectionNames") or [asked.get("artifactCollectionName")])[0]
        home = (asked["entityName"], asked["projectName"])
        if len(name) > 128 or any(re.fullmatch(r"v\d+", each["alias"])
                                  for each in asked.get("aliases") or []):  # fmt: skip
            raise Refusal(400, "invalid name or reserved alias")
        versions = [each for each in self.artifacts
                    if each["name"] == name and each["home"] == home]  # fmt: skip
        found = next((each for each in versions if each["digest"] == asked["digest"]), None)
        latest = {"id": versions[-1]["id"], "versionIndex": len(versions) - 1} if versions else None
        if found is None:
            found = {"id": f"artifact-{len(self.artifacts)}", "name": name, "state": "PENDING",
                     "type": asked["artifactTypeName"], "digest": asked["digest"],
                     "metadata": asked.get("metadata") or "{}", "version": len(versions),
                     "aliases": [], "run": asked.get("runName"), "home": home}  # fmt: skip
            self.artifacts.append(found)
            versions.append(found)
        for alias in (each["alias"] for each in asked.get("aliases") or []):
            for each in versions:
                each["aliases"] = [other for other in each["aliases"] if other != alias]
            found["aliases"].append(alias)
        node = {"id": found["id"], "state": found["state"],
                "artifactSequence": {"id": name, "latestArtifact": latest}}  # fmt: skip
        return {"createArtifact": {"artifact": node}}

    def on_createartifactmanifest(self, sent: Plain) -> Plain:
        return {"createArtifactManifest": {"artifactManifest": self._manifest(sent["artifactID"])}}

    def on_updateartifactmanifest(self, sent: Plain) -> Plain:
        artifact = sent["artifactManifestID"].removeprefix("manifest-")
        return {"updateArtifactManifest": {"artifactManifest": self._manifest(artifact)}}

    def _manifest(self, artifact: str) -> Plain:
        file = {"id": "f", "name": "wandb_manifest.json", "displayName": "wandb_manifest.json",
                "uploadUrl": f"{self.url}/manifests/{artifact}", "uploadHeaders": []}  # fmt: skip
        return {"id": f"manifest-{artifact}", "file": file}

    def on_createartifactfiles(self, sent: Plain) -> Plain:
        files = [
            {"id": str(i), "name": file["name"], "displayName": file["name"],
             "uploadUrl": f"{self.url}/artifacts/{file['artifactID']}/{file['name']}",
             "uploadHeaders": [], "storagePath": file["name"], "uploadMultipartUrls": None,
             "artifact": {"id": file["artifactID"]}}
            for i, file in enumerate(sent.get("artifactFiles") or sent["input"]["artifactFiles"])
        ]  # fmt: skip
        return {"createArtifactFiles": {"files": page(files)}}

    def on_commitartifact(self, sent: Plain) -> Plain:
        artifact = self.artifact(sent.get("artifactID") or sent["input"]["artifactID"])
        if "commit" not in self.loses:
            artifact["state"] = "COMMITTED"
        plain = {"id": artifact["id"], "digest": artifact["digest"]}
        return {"commitArtifact": {"artifact": plain}}

    def artifact(self, wanted: str) -> Plain:
        return next(each for each in self.artifacts if each["id"] == wanted)

    def on_artifactbyid(self, sent: Plain) -> Plain:
        return {"artifact": self._artifact(self.artifact(sent["id"]))}

    def on_artifactmembershipbyname(self, sent: Plain) -> Plain:
        name, _, alias = sent["name"].partition(":")
        home = (sent["entity"], sent["project"])
        found = next((each for each in self.artifacts
                      if (each["name"], each["home"]) == (name, home)
                      and alias in (f"v{each['version']}", *each["aliases"])), None)  # fmt: skip
        membership = None if found is None else self._membership(found, name, found["aliases"])
        return {"project": {"artifactCollectionMembership": membership}}

    def _collection(self, name: str, kind: str, registry: str = "") -> Plain:
        entity = ORGANISATION if registry else ENTITY
        project = {"id": "p", "internalId": "UHJvamVjdEludGVybmFsSWQ6MQ==",
                   "name": registry or "p",
                   "entityName": entity, "entity": {"id": "e", "name": entity,
                                                    "organization": None}}  # fmt: skip
        return {"__typename": "ArtifactPortfolio" if registry else "ArtifactSequence",
                "id": f"collection-{name}", "name": name, "project": project, "description": None,
                "createdAt": WHEN, "updatedAt": WHEN, "type": {"name": kind},
                "tags": page([])}  # fmt: skip

    def _aliases(self, collection: Plain, names: list[str]) -> list[Plain]:
        return [{"__typename": "ArtifactAlias", "id": f"{collection['id']}:{name}", "alias": name,
                 "artifactCollection": collection} for name in names]  # fmt: skip

    def _artifact(self, artifact: Plain) -> Plain:
        collection = self._collection(artifact["name"], artifact["type"])
        return {"__typename": "Artifact", "id": artifact["id"], "artifactSequence": collection,
                "versionIndex": artifact["version"], "artifactType": {"name": artifact["type"]},
                "description": None, "metadata": artifact["metadata"], "ttlDurationSeconds": -2,
                "ttlIsInherited": True, "tags": [], "historyStep": None,
                "state": artifact["state"], "size": 1, "digest": artifact["digest"],
                "commitHash": "c", "fileCount": 1, "createdAt": WHEN, "updatedAt": None,
                "aliases": self._aliases(collection, artifact["aliases"]),
                "artifactMemberships": page([]), "currentManifest": None,
                "type": {"name": artifact["type"]}}  # fmt: skip

    def _membership(
        self, artifact: Plain, name: str, aliases: list[str], registry: str = ""
    ) -> Plain:
        collection = self._collection(name, artifact["type"], registry)
        return {"__typename": "ArtifactCollectionMembership", "id": f"member-{artifact['id']}",
                "versionIndex": artifact["version"], "createdAt": WHEN,
                "aliases": self._aliases(collection, aliases), "artifactCollection": collection,
                "artifact": self._artifact(artifact)}  # fmt: skip

    # The registry

    def on_fetchorginfofromentity(self, _: Plain) -> Plain:
        firm = {"name": "firm", "orgEntity": {"name": ORGANISATION}}
        return {"entity": {"organization": firm, "user": {"organizations": [firm]}}}

    def on_linkartifact(self, sent: Plain) -> Plain:
        asked = sent["input"]
        if not asked["projectName"].startswith("wandb-registry-"):
            raise Refusal(404, "no such registry")
        path = f"{asked['entityName']}/{asked['projectName']}/{asked['artifactPortfolioName']}"
        aliases = [each["alias"] for each in asked.get("aliases") or []]
        for alias in aliases:
            self.links[path, alias] = asked["artifactID"]
        name = asked["artifactPortfolioName"]
        artifact = self.artifact(asked["artifactID"])
        member = self._membership(artifact, name, aliases, asked["projectName"])
        found = {"versionIndex": 0, "artifactMembership": member}
        return {"linkArtifact": found, "result": found}

    # Reports

    def on_getprojects(self, _: Plain) -> Plain:
        names = sorted({run["project"] for run in self.runs.values()})
        nodes = [{"__typename": "Project", "id": "p", "internalId": "1", "name": name,
                  "entityName": ENTITY, "createdAt": WHEN, "isBenchmark": False,
                  "user": None} for name in names]  # fmt: skip
        return {"models": page(nodes)}

    def on_projectinternalid(self, _: Plain) -> Plain:
        return {"project": {"id": "p", "internalId": "1"}}

    def on_projectviews(self, sent: Plain) -> Plain:
        asked = sent.get("viewName")
        nodes = [view for view in self.views.values() if asked in (None, view["displayName"])]
        return {"project": {"allViews": page(nodes, sent.get("reportCursor"),
                                             sent.get("reportLimit"))}}  # fmt: skip

    def on_upsertview(self, sent: Plain) -> Plain:
        new = not sent.get("id")
        name = sent["id"] if not new else f"view-{len(self.views)}"
        view = {"id": name, "type": sent["type"], "name": sent["name"],
                "displayName": sent["displayName"], "description": sent["description"],
                "project": {"id": "p", "name": sent["projectName"],
                            "entityName": sent["entityName"]},
                "spec": sent["spec"], "createdAt": WHEN, "updatedAt": WHEN,
                "user": {"username": ENTITY, "photoUrl": "", "email": ""}}  # fmt: skip
        self.views[name] = view
        return {"upsertView": {"view": view, "inserted": new}}


def _matches(run: Plain, asked: Plain) -> bool:
    names = {"jobType": "jobType", "job_type": "jobType", "group": "groupName"}
    for name, value in asked.items():
        if name not in names:
            raise ValueError(f"no filter {name}")
        allowed = value["$in"] if isinstance(value, dict) else [value]
        if run[names[name]] not in allowed:
            return False
    return True
