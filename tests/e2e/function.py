"""A Lambda function: a binary that is started when it is invoked, and may be killed at any time."""

import json
import os
import pathlib
import subprocess
import threading
import uuid

from runtime_api import RuntimeApi, Unanswered

ACCOUNT = "123456789012"  # the one account that moto knows
REGION = "us-east-1"

#: How long an invocation may take, unless a test says otherwise.
TIMEOUT = 60


def binary(name):
    """The path of a function's executable."""
    folder = os.environ.get("CARETAKER_BIN_DIR")
    if not folder:
        raise RuntimeError(
            "CARETAKER_BIN_DIR is not set: name the folder that holds auto-snapshot, nightly-maintenance and "
            "auto-remediation (cargo build -p caretaker-lambda-shims, then target/debug)"
        )
    path = pathlib.Path(folder).resolve() / name
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"CARETAKER_BIN_DIR holds no executable `{name}`: {path}")
    return path


class Function:
    """A function with its settings.

    As on Lambda, a process is started by the first invocation and serves those that follow; after it has been killed,
    the next invocation starts another. `endpoint` is where it finds AWS, so that a proxy can stand in between.
    """

    def __init__(self, name, settings, endpoint):
        self.name = name
        self.settings = settings
        self.endpoint = endpoint
        self.output = Output()
        self._process = None

    def invoke(self, event, request_id=None, timeout=TIMEOUT):
        """Sends an event (a value, sent as JSON) and returns the answer. A retry has the request id of the first try.

        Like Lambda, it ends a process that takes too long.
        """
        request_id = request_id or str(uuid.uuid4())
        try:
            return self._running().api.invoke(json.dumps(event).encode(), request_id, timeout)
        except Unanswered as error:
            self.kill()
            raise Unanswered(f"{self.name}: {error}\n{self.output.text()}") from None

    def kill(self):
        """Ends the process as a crash does, at once. Safe from any thread, also during an invocation."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _running(self):
        if self._process is None or self._process.has_ended():
            self.kill()
            self._process = _Process(binary(self.name), self._environment(), self.output)
        return self._process

    def _environment(self):
        # Nothing is inherited: neither credentials nor a proxy of whoever runs the tests may come in.
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/03/01/[$LATEST]e2e",
            **self.settings,
        }


class Output:
    """What a function has written to its standard output."""

    def __init__(self):
        self._changed = threading.Condition()
        self._lines = []

    def add(self, line):
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def text(self):
        with self._changed:
            return "\n".join(self._lines)

    def metrics(self, count, timeout=10):
        """The first so many metrics lines. They are written before the answer, but through another pipe."""
        with self._changed:
            self._changed.wait_for(lambda: count <= len(self._metrics()), timeout)
            return self._metrics()

    def logs(self):
        """The lines that are no metrics; each has to be JSON."""
        with self._changed:
            return [line for line in map(json.loads, self._lines) if "_aws" not in line]

    def _metrics(self):
        return [json.loads(line) for line in self._lines if '"_aws"' in line]


class _Process:
    def __init__(self, path, environment, output):
        self.api = RuntimeApi(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{path.name}")
        environment = {**environment, "AWS_LAMBDA_RUNTIME_API": self.api.address}
        self._child = subprocess.Popen(
            [path], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()

    def has_ended(self):
        return self._child.poll() is not None

    def kill(self):
        self._child.kill()
        self._reader.join()
        self.api.close()

    def _read(self, output):
        with self._child.stdout as lines:
            for line in lines:
                output.add(line.rstrip("\n"))
        self.api.end(f"the process ended with code {self._child.wait()}")
