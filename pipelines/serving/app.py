"""The web application: a page to drop pictures on, and an address that answers in JSON."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import InputError

if TYPE_CHECKING:
    from fastapi import FastAPI

MOST_BYTES = 32 * 2**20
"""Of a picture that is sent."""
PAGE = Path(__file__).with_name("page.html")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; img-src blob: data:; "
    "media-src blob:; script-src 'unsafe-inline'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""The page loads nothing from anywhere, and stands in no other page."""


def make_app(
    name: str,
    class_names: Sequence[str],
    answer: Callable[[bytes], dict[str, Any]],
    hosts: Sequence[str],
) -> "FastAPI":
    """Return the application.

    Parameters
    ----------
    name
        Of the classifier, for people.
    class_names
        What it tells apart.
    answer
        What is said of a picture, given as the bytes of its file; one is asked at a time.
    hosts
        Names by which it may be called: a page from elsewhere that has its own name lead here
        (DNS rebinding) is turned away. ``*``: any.
    """
    from fastapi import FastAPI, Request
    from fastapi.responses import HTMLResponse, JSONResponse, Response
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    # Its own pages about itself would load scripts from elsewhere.
    app = FastAPI(title=f"ganaug: {name}", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    one_at_a_time = threading.Lock()

    def asked(content: bytes) -> dict[str, Any]:
        with one_at_a_time:
            return answer(content)

    @app.get("/", response_class=HTMLResponse)
    def page() -> Response:
        """Return the page."""
        return HTMLResponse(PAGE.read_text(encoding="utf-8"), headers=HEADERS)

    @app.get("/about")
    def about() -> dict[str, Any]:
        """Say what is told apart, and by what."""
        return {"name": name, "classes": list(class_names)}

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        """Classify a picture: the bytes of its file are the body."""
        content = bytearray()
        async for part in request.stream():
            content += part
            if len(content) > MOST_BYTES:
                most = f"a picture of more than {MOST_BYTES >> 20} MiB: send a smaller one"
                return JSONResponse({"error": most}, 413)
        try:
            return JSONResponse(await run_in_threadpool(asked, bytes(content)))
        except InputError as error:
            return JSONResponse({"error": str(error)}, 400)

    return app
