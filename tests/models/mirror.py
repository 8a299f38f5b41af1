"""A server on this machine that gives a file well, or in one of the ways that go wrong."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Mirror:
    """Serves ``answers[path]``, a function of the request, and notes each request with its range.

    >>> mirror.answers["/a"] = whole(b"weights")
    """

    def __init__(self):
        self.answers = {}
        self.requests = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802 (the name is the library's)
                mirror.requests.append((self.path, self.headers.get("Range")))
                mirror.answers.get(self.path, status(404))(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def place(self, path, answer):
        """The address of a path that gets this answer."""
        self.answers[path] = answer
        return self.address + path

    def ranges(self):
        """The range of each request so far, None for the whole."""
        return [asked for _, asked in self.requests]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def status(code, location=None):
    def answer(request):
        request.send_response(code)
        if location:
            request.send_header("Location", location)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def whole(content, knows_ranges=True):
    """All of the content, or the rest that is asked for."""

    def answer(request):
        _send(request, content, _start(request) if knows_ranges else 0, len(content))

    return answer


def breaks_off(content, at, times=1, knows_ranges=True):
    """Closes the connection after byte ``at`` of the content, the first ``times`` times."""
    left = [times]

    def answer(request):
        left[0] -= 1
        stop = at if left[0] >= 0 else len(content)
        _send(request, content, _start(request) if knows_ranges else 0, stop)

    return answer


def after(seconds, answer):
    def late(request):
        time.sleep(seconds)
        answer(request)

    return late


def _start(request):
    asked = request.headers.get("Range")
    return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0


def _send(request, content, start, stop):
    if start and start >= len(content):
        return status(416)(request)
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    request.send_header("Content-Length", str(len(content) - start))
    request.end_headers()
    request.wfile.write(content[start:stop])
    request.close_connection = True


def dead_address():
    """An address on this machine at which nobody listens."""
    mirror = Mirror()
    mirror.close()
    return mirror.address


def file_place(path: Path) -> str:
    return path.resolve().as_uri()
