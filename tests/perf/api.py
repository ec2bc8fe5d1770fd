"""A Runtime API that is quick enough to measure by: it hands out events, and notes when answers come.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import queue
import socket
import threading
import time

INVOKED = "arn:aws:lambda:us-east-1:123456789012:function:perf"


class Api:
    """The server of one process."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._events = queue.Queue()
        self._answers = queue.Queue()
        self._count = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, event):
        """Has the next request for an invocation answered with this event."""
        self._events.put(event)

    def answer(self, timeout):
        """When the answer came, and what it is."""
        try:
            at, path, body = self._answers.get(timeout=timeout)
        except queue.Empty:
            raise RuntimeError(f"no answer within {timeout} s") from None
        if not path.endswith("/response"):
            raise RuntimeError(f"{path}: {body[:2000].decode(errors='replace')}")
        return at, body

    def close(self):
        self._listener.close()

    def _listen(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # A process that is killed breaks its connections off; that is no news.
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            while first := lines.readline():
                method, path, _ = first.decode().split(" ", 2)
                length = 0
                while (line := lines.readline().strip()):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = lines.read(length)
                at = time.perf_counter()
                if method == "POST":
                    self._answers.put((at, path, body))
                    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                else:
                    connection.sendall(self._invocation(self._events.get()))

    def _invocation(self, event):
        self._count += 1
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-{self._count:012}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int((time.time() + 900) * 1000)}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {INVOKED}\r\n"
            f"Content-Length: {len(event)}\r\n\r\n"
        )
        return head.encode() + event
