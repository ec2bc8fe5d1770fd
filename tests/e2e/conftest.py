import os
import subprocess

import pytest

# Before moto is loaded: its hundreds of public images cost a second at every reset, and nothing here needs them.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
# Nothing of whoever runs the tests: neither an account nor a profile may come in.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

from cloud import Cloud
from function import REGION, binary
from proxy import Proxy


def pytest_sessionstart():
    require("caretaker")


def require(name):
    try:
        binary(name)
    except RuntimeError as error:
        pytest.exit(str(error), returncode=4)


@pytest.fixture(scope="session")
def moto():
    """The server, one for all tests of functions."""
    for name in ["auto-snapshot", "nightly-maintenance", "auto-remediation"]:
        require(name)
    cloud = Cloud()
    yield cloud
    cloud.close()


@pytest.fixture
def cloud(moto):
    """The cloud with nothing but Caretaker's own stack in it, for one test."""
    moto.install()
    return moto


@pytest.fixture
def proxy(cloud):
    """A proxy before the cloud."""
    proxy = Proxy(cloud.endpoint)
    yield proxy
    proxy.close()


@pytest.fixture
def command_line(cloud):
    """Runs the command line with AWS where moto is, and whatever else is set."""

    def run(*arguments, **settings):
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            **settings,
        }
        return subprocess.run([binary("caretaker"), *arguments], env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def deploy(cloud):
    """Makes functions whose processes end with the test."""
    deployed = []

    def function(name, endpoint=None, **settings):
        deployed.append(cloud.function(name, endpoint, **settings))
        return deployed[-1]

    yield function
    for function in deployed:
        function.kill()
        print(function.output.text())  # pytest shows it beside a failure
