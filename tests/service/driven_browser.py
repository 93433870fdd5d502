"""A real browser that is driven over a pipe, by its DevTools protocol: forms, keys, sizes, themes, pictures."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.service.browser import FLAGS, NAMES

PATIENCE_S = 180.0
AXE = Path(__file__).parent / "axe" / "axe.min.js"


class Browser:
    """One page of a headless Chromium."""

    def __init__(self, process: "subprocess.Popen[bytes]", commands: int, answers: int) -> None:
        self._process = process
        self._commands = commands
        self._answers = answers
        self._rest = b""
        self._n_sent = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.errors: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Do something and return what came of it."""
        self._n_sent += 1
        message: dict[str, object] = {"id": self._n_sent, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._n_sent:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, url: str, *, until: str = "document.readyState === 'complete'") -> None:
        """Go to an address and wait until an expression of the new page holds."""
        self.run("window.isLeft = true")  # the page before still answers for a moment
        self.call("Page.navigate", url=url)
        self.wait(f"!window.isLeft && location.href !== 'about:blank' && {until}")

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression holds, over the ends of documents."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = self.call("Runtime.evaluate", expression=f"Boolean({expression})", returnByValue=True)
            if found["result"].get("value") is True:
                return
            assert time.monotonic() < deadline, f"{expression} never held: {self.errors}"
            time.sleep(0.05)

    def size(self, width: int, height: int = 900) -> None:
        """Be so many pixels large; a phone below 500."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )

    def theme(self, name: str) -> None:
        """Prefer light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def scripts(self, *, on: bool) -> None:
        """Run pages' scripts or not."""
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def press(self, key: str, code: int) -> None:
        """Press a key."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def picture(self, path: Path) -> None:
        """Save the whole page as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": self.run("innerWidth"), "height": min(size["height"], 6_000), "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def accessibility(self) -> list[str]:
        """What axe-core finds wrong on the page, by WCAG 2.1 A and AA."""
        self.call("Page.setBypassCSP", enabled=True)
        self.run(AXE.read_text() + "; true")
        found = self.run(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.failureSummary).join('; ')))"
        )
        return list(found)

    def _receive(self) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            some = os.read(self._answers, 2**20)
            assert some, "the browser has ended"
            self._rest += some
        line, self._rest = self._rest.split(b"\0", 1)
        message: Mapping[str, Any] = json.loads(line)
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(params["exceptionDetails"])[:500])
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case _:
                pass
        return message


@contextmanager
def browser(directory: Path) -> Iterator[Browser]:
    """A browser with nothing in its memory, for as long as the context lasts."""
    name = next((name for name in NAMES if shutil.which(name)), None)
    if name is None:
        pytest.skip(f"this test drives a browser, and there is none: install one of {', '.join(NAMES)}")
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    flags = [flag for flag in FLAGS if "virtual-time" not in flag]
    # the browser listens at its descriptor 3 and answers at 4
    placed = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    command = [name, *flags, "--remote-debugging-pipe", f"--user-data-dir={directory / 'profile'}", "about:blank"]
    process = subprocess.Popen(
        ["bash", "-c", placed, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs_in, theirs_out),
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(process, ours_out, ours_in)
    finally:
        process.terminate()
        process.wait(timeout=30)
        os.close(ours_out)
        os.close(ours_in)
