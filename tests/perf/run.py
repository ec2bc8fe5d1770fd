#!/usr/bin/env python3
"""Measures the functions beside a bare one and beside plain Python, against a cloud that answers at once.

    cargo lambda build --release -p caretaker-lambda-shims
    cargo lambda build --release -p caretaker-lambda-shims --examples
    tests/perf/run.py --functions target/lambda --python .venv/bin/python

Every round runs every side once, so that whatever else the machine does meets all alike; the figures are medians.
"""

import argparse
import collections
import datetime
import io
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import urllib.request
import zipfile

from api import Api
from case import cases

HERE = pathlib.Path(__file__).resolve().parent
SIDES = ["caretaker", "bare", "python"]
#: The figures and their units.
FIGURES = [("start", "ms"), ("warm", "ms"), ("run", "ms"), ("memory", "MB")]


def main():
    options = arguments()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}", file=sys.stderr)
    sizes(options)
    print("| case | figure | caretaker | bare Rust | plain Python | of bare | of Python |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for case in cases(datetime.datetime.now(datetime.timezone.utc)):
        if options.only and options.only not in case.name:
            continue
        with Stub(options.functions / "stub" / "bootstrap", case.stub) as stub:
            rounds = {side: [] for side in SIDES}
            for _ in range(options.rounds):
                for side in SIDES:
                    before = stub.requests()
                    rounds[side].append(measure(options, side, case, stub))
                    asked = stub.requests() - before
                    short = {name: asked[name] for name, count in case.proof.items() if asked[name] < count}
                    if short:
                        sys.exit(f"{case.name}: {side} did too little: {short} of {case.proof}")
                    if options.requests and len(rounds[side]) == 1:
                        print(f"  {case.name}, {side}: {dict(asked)}", file=sys.stderr)
            report(case, rounds)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", type=pathlib.Path, default=HERE.parent.parent / "target" / "lambda")
    parser.add_argument("--python", default=sys.executable, help="a Python that has boto3")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="only cases whose name holds this")
    parser.add_argument("--requests", action="store_true", help="also tell what each side asks of AWS")
    return parser.parse_args()


def command(options, side, case):
    """How a side is started."""
    match side:
        case "caretaker":
            return [options.functions / case.function / "bootstrap"]
        case "bare":
            return [options.functions / "bare" / "bootstrap"]
        case _:
            return [options.python, HERE / "plain" / "runtime.py", case.function.replace("-", "_")]


def environment(case, stub, api):
    # Nothing is inherited: neither credentials nor a proxy may come in.
    return {
        "AWS_ENDPOINT_URL": stub.endpoint,
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": case.function,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "perf",
        "AWS_LAMBDA_LOG_STREAM_NAME": "perf",
        "MODE": "act",
        "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alerts",
        "LEDGER_TABLE": "caretaker-ledger",
        "AUTO_SCALING_GROUP_NAME": "web",
        **case.settings,
    }


def measure(options, side, case, stub):
    """One process, from its start to its first answer and a few more."""
    api = Api()
    api.send(case.event)
    begun = time.perf_counter()
    process = subprocess.Popen(
        command(options, side, case), env=environment(case, stub, api),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )
    try:
        at, _ = api.answer(timeout=300)
        figures = {"start" if case.warm else "run": (at - begun) * 1000}
        if case.warm:
            figures["warm"] = statistics.median(warm(api, case.event) for _ in range(case.warm))
        figures["memory"] = peak(process.pid)
        return figures
    finally:
        process.kill()
        process.wait()
        api.close()


def warm(api, event):
    begun = time.perf_counter()
    api.send(event)
    return (api.answer(timeout=60)[0] - begun) * 1000


def peak(pid):
    """The most memory that the process ever held, in MB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def report(case, rounds):
    for figure, unit in FIGURES:
        if figure not in rounds["caretaker"][0]:
            continue
        medians = {side: statistics.median(it[figure] for it in rounds[side]) for side in SIDES}
        ours, bare, python = (medians[side] for side in SIDES)
        shown = " | ".join(f"{medians[side]:.3g} {unit}" for side in SIDES)
        print(f"| {case.name} | {figure} | {shown} | {ours / bare:.2f} | 1/{python / ours:.1f} |", flush=True)


def sizes(options):
    """What is uploaded: the binary alone, compressed as cargo-lambda does."""
    print("| binary | size | zip |")
    print("| --- | --- | --- |")
    for name in ["auto-snapshot", "nightly-maintenance", "auto-remediation", "bare"]:
        path = options.functions / name / "bootstrap"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "bootstrap")
        print(f"| {name} | {path.stat().st_size / 1e6:.2f} MB | {packed.tell() / 1e6:.2f} MB |")
    print()


class Stub:
    """A cloud that answers at once."""

    def __init__(self, path, holds):
        options = [str(part) for name, value in holds.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([path, *options], stdout=subprocess.PIPE, text=True)
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def requests(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.endpoint}/_requests") as answer:
            return collections.Counter(json.load(answer))


main()
