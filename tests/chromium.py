"""Headless Chromium, asked over a pipe: what a page does in a browser, and what it looks like.

``python -m tests.chromium report.html pictures/`` takes pictures of a page: wide and on a phone, by
day and by night, and printed.
"""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
EXECUTABLE = next(filter(None, map(shutil.which, NAMES)), None)
"""None where there is no Chromium."""
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)


class Chromium:
    """One page of a browser.

    Attributes
    ----------
    complaints
        Errors and warnings that the browser logged, and exceptions.
    requests
        Addresses that pages asked for.
    """

    def __init__(self):
        self.complaints, self.requests = [], []
        self._folder = tempfile.TemporaryDirectory()
        # Above 9, so that they are not in the way of 3 and 4, where Chromium expects them.
        (read, self._out), (self._in, write) = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (read, write)]
        words = [EXECUTABLE, *OPTIONS, f"--user-data-dir={self._folder.name}", "about:blank"]
        self._process = subprocess.Popen(
            words,
            preexec_fn=lambda: [os.dup2(fd, at) for at, fd in enumerate(theirs, start=3)],
            pass_fds=(3, 4),
            stderr=subprocess.DEVNULL,
        )
        for fd in (read, write, *theirs):
            os.close(fd)
        self._number, self._rest, self._session = 0, b"", None
        pages = self.ask("Target.getTargets")["targetInfos"]
        target = next(page["targetId"] for page in pages if page["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._out)
        self._process.terminate()
        self._process.wait()
        os.close(self._in)
        self._folder.cleanup()

    def ask(self, method, **parameters):
        """Call a method of the DevTools protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def open(self, path, *, width, dark=False):
        """Load a file at a width in CSS pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=844, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self._loaded = False
        self.ask("Page.navigate", url=Path(path).resolve().as_uri())
        while not self._loaded:
            self._next()

    def value(self, expression):
        """Return the value of a JavaScript expression, for which promises are awaited."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key, code):
        """Press a key, such as ``("Tab", 9)``."""
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def picture(self, top=0, height=None):
        """Return the page, or a strip of it, as a PNG."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": size["width"], "scale": 1}
        clip["height"] = min(height or size["height"], size["height"] - top)
        shot = self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def printed(self):
        """Return the page as a PDF, backgrounds left out as browsers do unasked."""
        return base64.b64decode(self.ask("Page.printToPDF")["data"])

    def _next(self):
        """Read a message; note what it complains of."""
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 20)
            assert part, "Chromium has ended"
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(text)
        method, told = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(told["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.complaints.append(str(told["args"]))
        return message


def main(page, folder, strip=2000):
    """Take the pictures, tall pages in strips."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with Chromium() as browser:
        for name, width, dark in (("wide", 1280, False), ("phone", 390, False), ("dark", 390, True),
                                  ("wide-dark", 1280, True)):  # fmt: skip
            browser.open(page, width=width, dark=dark)
            height = browser.value("document.documentElement.scrollHeight")
            for number, top in enumerate(range(0, height, strip)):
                (folder / f"{name}-{number}.png").write_bytes(browser.picture(top, strip))
        (folder / "printed.pdf").write_bytes(browser.printed())
        print(*browser.complaints, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
