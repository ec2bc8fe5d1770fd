"""The README's commands, as one types them, with the emulator in AWS's place."""

import os
import pathlib
import subprocess

from emulator import FOLDER, REGION

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: What a function needs before it can do anything.
SETTINGS = f"MODE=observe,ALERT_TOPIC_ARN=arn:aws:sns:{REGION}:000000000000:alerts,LEDGER_TABLE=caretaker-ledger"


def cargo_lambda(emulator, *arguments):
    """Without what may be in the environment of an account of one's own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_ENDPOINT_URL": emulator.endpoint, "AWS_REGION": REGION, "NO_PROXY": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }
    ran = subprocess.run(
        ["cargo", "lambda", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def deploy(emulator, function):
    cargo_lambda(emulator, "deploy", function, "--lambda-dir", os.environ[FOLDER], "--env-var", SETTINGS)
    return emulator.client("lambda").get_function_configuration(FunctionName=function)


def test_a_deployed_function_has_the_time_and_the_memory_that_it_needs(emulator):
    given = deploy(emulator, "nightly-maintenance")
    assert (given["Runtime"], given["Timeout"], given["MemorySize"]) == ("provided.al2023", 900, 512)


def test_a_deployed_function_answers_from_afar(emulator):
    deploy(emulator, "auto-snapshot")
    event = str(ROOT / "tests" / "events" / "ec2-state-change.json")
    answer = cargo_lambda(emulator, "invoke", "--remote", "auto-snapshot", "--data-file", event)
    assert '"reason": "the event is of account 123456789012' in answer


def test_a_panic_is_reported(emulator):
    """The profile unwinds. cargo-lambda makes it abort where a workspace's own manifest says nothing, and then an
    invocation ends without a word."""
    deploy(emulator, "panics")
    answer = emulator.client("lambda").invoke(FunctionName="panics", Payload=b"{}")
    told = answer["Payload"].read().decode()
    assert answer["FunctionError"] == "Unhandled" and "of all things" in told, told
