"""Bad input of every kind, over HTTP, by the SDK and by the command: what each prints, in one table.

    python -m benchmarks.tables_refusals [--only PART]

A service of its own is started. The command ends with status 1 if anything is taken, if a refusal is none of Warmtune's
errors, or if one way says something else than the others.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
from typer.testing import CliRunner

from benchmarks.bad_tables import BAD
from benchmarks.stats import print_table, write_results
from tests.serving import start_service
from warmtune.cli.app import app
from warmtune.tables.description import describe_task
from warmtune.vocabulary.errors import WarmtuneError

_TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a way answers to bad input.

    Attributes:
        status: Of HTTP, or the command's exit code; the error's class for the SDK.
        code: Stable, as the documentation lists it.
        field: What is wrong.
        message: For people.
    """

    status: str
    code: str
    field: str
    message: str

    def says(self, other: "Refusal") -> bool:
        """Whether both say the same."""
        return (self.code, self.field, self.message) == (other.code, other.field, other.message)


def by_http(url: str, path: Path) -> Refusal:
    """As the service answers an upload."""
    with path.open("rb") as file:
        answer = httpx.post(
            f"{url}/v1/tasks", files={"file": (path.name, file)}, data={"request": '{"target": "y"}'}, timeout=120.0
        )
    body = answer.json()
    if answer.is_success:
        return Refusal(str(answer.status_code), _TAKEN, "", "")
    return Refusal(str(answer.status_code), body["code"], body.get("field") or "", body["detail"])


def by_sdk(path: Path) -> Refusal:
    """As `describe_task` raises."""
    try:
        describe_task(path, "y")
    except WarmtuneError as error:
        return Refusal(type(error).__name__, error.code, error.field or "", error.message)
    return Refusal("", _TAKEN, "", "")


def by_command(path: Path) -> Refusal:
    """As `warmtune describe` ends."""
    done = CliRunner().invoke(app, ["describe", str(path), "--target", "y", "--format", "json"])
    if done.exit_code == 0:
        return Refusal("0", _TAKEN, "", "")
    error = json.loads(done.stderr)["error"]
    return Refusal(str(done.exit_code), error["code"], error.get("field") or "", error["message"])


def main() -> None:
    """Try all, print, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="inputs whose name contains this; then nothing is written")
    said = parser.parse_args()
    rows, faults, found = [], [], {}
    with tempfile.TemporaryDirectory() as directory:
        service = start_service(Path(directory) / "service")
        try:
            for name, content in BAD.items():
                if said.only not in name:
                    continue
                path = Path(directory) / "upload"
                path.write_bytes(content)
                http, sdk, command = by_http(service.url, path), by_sdk(path), by_command(path)
                rows.append([name, http.status, sdk.status, command.status, http.field, http.message[:110]])
                faults += [f"{name}: taken" for one in (http, sdk, command) if one.code == _TAKEN]
                faults += [f"{name}: {one} instead of {http}" for one in (sdk, command) if not one.says(http)]
                found[name] = {"status": http.status, "code": http.code, "field": http.field, "detail": http.message}
        finally:
            service.stop()
    print_table(["input", "HTTP", "SDK raises", "command ends with", "field", "and says"], rows)
    for fault in faults:
        print(fault)
    print(f"{len(rows)} inputs, {len(faults)} faults")
    if not said.only:
        print(write_results("tables_refusals", found))
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
