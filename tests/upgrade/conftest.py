"""Builds the stack of this checkout and that of the commit before, and plays chapters with either."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
CHAPTER = Path("tests/upgrade/chapter")


# The last commit whose player of chapters speaks the simulator's names of before `crates/cloud-sim`.
PLAYER = "429e0234dc7892ac332a6c074909a8d2aef6525d"


def unpack(commit, into, *paths):
    """What a commit has, or these paths of it."""
    archive = subprocess.run(["git", "archive", commit, *paths], cwd=ROOT, capture_output=True)
    if archive.returncode != 0:
        why = archive.stderr.decode().strip()
        pytest.exit(f"commit {commit} is not here ({why}): clone with its history", returncode=4)
    subprocess.run(["tar", "-x", "-C", into], input=archive.stdout, check=True)


def earlier():
    """A checkout of the commit that `EARLIER` names: what is deployed where this is not yet."""
    commit = (HERE / "EARLIER").read_text().strip()
    checkout = TARGET / "earlier" / commit
    if not checkout.exists():
        checkout.mkdir(parents=True)
        unpack(commit, checkout)
    if not (checkout / CHAPTER).exists():
        unpack(PLAYER, checkout, CHAPTER)
    return checkout


def build(checkout, name):
    """The player of chapters of a checkout, built with the versions that its lock file names."""
    shutil.copy(checkout / "Cargo.lock", checkout / CHAPTER / "Cargo.lock")
    subprocess.run(
        ["cargo", "build", "--quiet", "--manifest-path", checkout / CHAPTER / "Cargo.toml"],
        env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)},
        check=True,
    )
    # Both are built under one name.
    player = TARGET / "earlier" / name
    shutil.copy(TARGET / "debug" / "caretaker-chapter", player)
    return player


@pytest.fixture(scope="session")
def players():
    return {"earlier": build(earlier(), "player-earlier"), "now": build(ROOT, "player-now")}


@pytest.fixture
def play(players):
    """Plays a chapter with a version and gives what became of it."""

    def play(version, **chapter):
        done = subprocess.run([players[version]], input=json.dumps(chapter), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return play
