"""The Lambda Runtime API, for one process of a function.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "/2018-06-01/runtime"


@dataclass(frozen=True)
class FunctionError:
    """What a function reports instead of a response."""

    type: str
    message: str


@dataclass(frozen=True)
class Answer:
    """What became of an invocation: a response or an error."""

    request_id: str
    body: object
    error: FunctionError | None = None

    @property
    def response(self):
        """The response; a test that asks for it wants no error."""
        assert self.error is None, f"the function answered an error: {self.error}"
        return self.body


class Unanswered(Exception):
    """The invocation got no answer: the process ended or took too long."""


@dataclass
class _Invocation:
    request_id: str
    payload: bytes
    deadline_ms: int
    handed_out: bool = False
    answer: Answer | None = None


class RuntimeApi:
    """Hands invocations to the process that asks for them and takes its answers. One process, one server."""

    def __init__(self, function_arn):
        self.function_arn = function_arn
        self.init_error = None
        self._changed = threading.Condition()
        self._current = None
        self._closed = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self):
        """What AWS_LAMBDA_RUNTIME_API is to say."""
        host, port = self._server.server_address
        return f"{host}:{port}"

    def invoke(self, payload, request_id, timeout):
        """Has the process handle a payload, and returns its answer."""
        deadline_ms = int((time.time() + timeout) * 1000)
        invocation = _Invocation(request_id, payload, deadline_ms)
        with self._changed:
            assert self._current is None, "a process handles one invocation at a time"
            self._current = invocation
            self._changed.notify_all()
            self._changed.wait_for(lambda: invocation.answer or self._closed, timeout)
            self._current = None
        if invocation.answer is None:
            raise Unanswered(self._closed or f"no answer within {timeout} s")
        return invocation.answer

    def end(self, why):
        """Says that the process has ended: nobody will answer any more."""
        with self._changed:
            self._closed = self._closed or why
            self._changed.notify_all()

    def close(self):
        """Stops listening."""
        self.end("the server was closed")
        self._server.shutdown()
        self._server.server_close()

    def next(self):
        """Waits for an invocation; None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting())
            if self._closed:
                return None
            self._current.handed_out = True
            return self._current

    def answer(self, request_id, body, error):
        """Takes an answer, and tells whether anybody asked for it."""
        with self._changed:
            if self._current is None or self._current.request_id != request_id:
                return False
            self._current.answer = Answer(request_id, body, error)
            self._changed.notify_all()
            return True

    def fail_init(self, error):
        """Takes the report that the function could not start."""
        self.init_error = error
        self.end(f"the function could not start: {error}")

    def _waiting(self):
        return self._current is not None and not self._current.handed_out


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A process that is killed leaves broken connections; they are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go together: apart, the second waits 40 ms for the receiver to confirm the first

    def do_GET(self):
        if self.path != f"{VERSION}/invocation/next":
            return self._reply(404)
        invocation = self.server.api.next()
        if invocation is None:
            self.close_connection = True
            return None
        return self._reply(
            200,
            invocation.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": self.server.api.function_arn,
            },
        )

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match self.path.removeprefix(VERSION).strip("/").split("/"):
            case ["init", "error"]:
                self.server.api.fail_init(_error(body))
                return self._reply(202, b"{}")
            case ["invocation", request_id, "response"]:
                known = self.server.api.answer(request_id, json.loads(body), None)
            case ["invocation", request_id, "error"]:
                known = self.server.api.answer(request_id, None, _error(body))
            case _:
                return self._reply(404)
        return self._reply(202 if known else 400, b"{}")

    def _reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The tests say what went wrong."""


def _error(body):
    told = json.loads(body)
    return FunctionError(told["errorType"], told["errorMessage"])
