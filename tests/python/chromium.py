"""A page in headless Chromium, driven by the DevTools protocol over a pipe."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120  # for what takes seconds: only what hangs takes as long


def program() -> str | None:
    """The path of a Chromium; None: there is none here."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A Chromium with one page. `said` collects what the page logs and which errors it has."""

    def __init__(self) -> None:
        path = program()
        assert path is not None
        self.profile = tempfile.TemporaryDirectory(prefix="hftsim-chromium-")
        to_browser, self.out = os.pipe()
        self.back, from_browser = os.pipe()

        def pipes() -> None:  # Chromium reads descriptor 3 and writes descriptor 4
            high = [os.dup(to_browser), os.dup(from_browser)]
            for descriptor, number in zip(high, (3, 4)):
                os.dup2(descriptor, number)
                os.set_inheritable(number, True)

        self.process = subprocess.Popen(
            [path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--disable-extensions", "--disable-background-networking",
             "--disable-dev-shm-usage", f"--user-data-dir={self.profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=pipes, close_fds=False, start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.received = b""
        self.session: str | None = None
        self.said: list[str] = []
        self.requested: list[str] = []
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(timeout=20)
        except (subprocess.TimeoutExpired, OSError, AssertionError):
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        os.close(self.back)
        for _ in range(20):  # a process of the browser may still write
            try:
                self.profile.cleanup()
                return
            except OSError:
                time.sleep(0.1)

    # ---- messages ------------------------------------------------------------------------------
    def message(self, seconds: float) -> dict | None:
        """The next message; None: there is none in this time."""
        while b"\0" not in self.received:
            ready, _, _ = select.select([self.back], [], [], seconds)
            if not ready:
                return None
            piece = os.read(self.back, 1 << 20)
            assert piece, "Chromium has ended"
            self.received += piece
        text, _, self.received = self.received.partition(b"\0")
        return json.loads(text)

    def note(self, message: dict) -> None:
        """Keeps errors of the page, and what it requests."""
        kind, about = message.get("method"), message.get("params", {})
        if kind == "Runtime.exceptionThrown":
            self.said.append(json.dumps(about["exceptionDetails"]))
        elif kind == "Runtime.consoleAPICalled":
            self.said.append(json.dumps(about["args"]))
        elif kind == "Log.entryAdded":
            self.said.append(f"{about['entry']['level']}: {about['entry']['text']}")
        elif kind == "Network.requestWillBeSent":
            self.requested.append(about["request"]["url"])

    def call(self, method: str, **params: Any) -> dict:
        self.number += 1
        request: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session is not None:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message(SECONDS)
            assert message is not None, f"{method}: no answer"
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.note(message)

    # ---- the page ------------------------------------------------------------------------------
    def size(self, width: int, height: int, mobile: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=mobile)

    def scheme(self, name: str) -> None:
        """What the reader prefers: "light" or "dark"."""
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])
        self.frames()

    def open(self, path: Path) -> None:
        """Opens a file and waits until it has drawn."""
        self.said.clear()
        self.requested.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + SECONDS
        while self.value("document.readyState") != "complete":
            assert time.monotonic() < deadline, "the page does not load"
            time.sleep(0.02)
        self.frames()

    def frames(self) -> None:
        """Waits for two frames: what was asked for is drawn."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
                   "() => setTimeout(() => done(true), 30))))")

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression, which may be a promise."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                         awaitPromise=True)
        assert "exceptionDetails" not in done, f"{expression}: {done['exceptionDetails']}"
        return done["result"].get("value")

    def key(self, key: str) -> None:
        codes = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35,
                 " ": 32}
        about = {"key": key, "code": "Space" if key == " " else key,
                 "windowsVirtualKeyCode": codes[key]}
        if key == "Enter":
            about["text"] = "\r"
        if key == " ":
            about["text"] = " "
        self.call("Input.dispatchKeyEvent", type="keyDown", **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)
        self.frames()

    def picture(self, path: Path, width: int, height: int) -> None:
        """A screenshot of the top of the page."""
        done = self.call("Page.captureScreenshot", clip={
            "x": 0, "y": 0, "width": width, "height": height, "scale": 1},
            captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(done["data"]))
