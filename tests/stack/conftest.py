import os
import pathlib

import pytest

from emulator import FOLDER, Emulator
from stack import FUNCTIONS, Stack


def _folder():
    return pathlib.Path(os.environ.get(FOLDER, "")).resolve()


def pytest_sessionstart():
    for name in FUNCTIONS:
        if not os.access(_folder() / name / "bootstrap", os.X_OK):
            pytest.exit(
                f"{FOLDER} has to name the folder with {name}/bootstrap: "
                "cargo lambda build --release, then target/lambda", returncode=4,
            )


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    emulator = Emulator(tmp_path_factory.mktemp("ministack"))
    yield emulator
    emulator.close()
    print(emulator.log.read_text()[-20_000:])  # pytest shows it beside a failure


@pytest.fixture(scope="session")
def stack(emulator):
    """The stack as it ships, but for what the emulator cannot do, and with a schedule that comes round soon."""
    return Stack(emulator, _folder())
