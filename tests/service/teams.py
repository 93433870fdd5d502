"""Workspaces of a live service, each by one of its keys."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.serving import LiveService
from warmtune import Client

GIVEN = "the-key-of-the-settings"


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace by one of its keys."""

    service: LiveService
    key: str

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.service.http.request(
            method, path, headers={"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}, **more
        )

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.ask("POST", path, json=body, headers=headers)


def team(service: LiveService, operator: Client, name: str, scope: str = "write") -> Team:
    if name not in [one.name for one in operator.list_workspaces().items]:
        operator.create_workspace(name)
    return Team(service, operator.create_key(f"for {name}", owner="tests", scope=scope, workspace=name).key)
