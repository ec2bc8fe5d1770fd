"""ministack, which runs `provided.al2023` binaries as processes of this machine."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
REGION = "us-east-1"
ACCOUNT = "000000000000"
#: The variable that names the folder with the binaries.
FOLDER = "CARETAKER_LAMBDA_DIR"


class Emulator:
    """One AWS, empty, on a port of its own."""

    def __init__(self, folder):
        port = _free_port()
        # By number: `bucket.localhost` has no address. The functions find it by this variable, too.
        self.endpoint = f"http://127.0.0.1:{port}"
        self._log = (folder / "ministack.log").open("wb")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "AWS_ENDPOINT_URL": self.endpoint,
            # The seconds between attempts that are minutes on AWS.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            "NO_PROXY": "127.0.0.1",
            "PYTHONUNBUFFERED": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, HERE / "serve.py"], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=subprocess.STDOUT,
        )
        self.log = pathlib.Path(self._log.name)
        until(self._is_up, 60, "ministack is up")

    def client(self, service):
        session = boto3.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint, config=Config(proxies={}))

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def _is_up(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"ministack ended: {self.log.read_text()}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(f"{self.endpoint}/_ministack/health", timeout=1).status == 200
        except OSError:
            return False


def until(holds, seconds, what):
    """Waits for something that happens by itself; what it is is said when it does not."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        if deadline < time.monotonic():
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.2)
    return found


def _free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]
