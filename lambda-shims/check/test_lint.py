"""What other people's tools find wrong with the template."""

import json
import pathlib
import subprocess
import sys

import yaml

from conftest import ROOT, TEMPLATE, translated

TOOLS = pathlib.Path(sys.executable).parent


def run(tool, *arguments):
    return subprocess.run([TOOLS / tool, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_cfn_lint_finds_nothing():
    done = run("cfn-lint", TEMPLATE)
    assert done.returncode == 0, done.stdout


def test_cfn_lint_finds_nothing_in_what_it_is_translated_to(tmp_path):
    path = tmp_path / "translated.json"
    path.write_text(json.dumps(translated()))
    # W2001 is "parameter not used": SAM puts the values of some in their places, so nothing refers to them any more.
    done = run("cfn-lint", "--ignore-checks", "W2001", "--", path)
    assert done.returncode == 0, done.stdout


def test_the_template_suppresses_nothing():
    text = TEMPLATE.read_text()
    assert not any(word in text for word in ["cfn-lint:", "ignore_checks", "checkov:skip"])


def test_every_finding_of_checkov_is_fixed_or_has_a_reason():
    reasons = yaml.safe_load((ROOT / "lambda-shims/check/findings.yaml").read_text())
    done = run(
        "checkov", "--file", TEMPLATE, "--framework", "cloudformation", "--skip-download", "--quiet", "--output", "json"
    )
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 20 and report["summary"]["parsing_errors"] == 0
    found = {check["check_id"]: check["check_name"] for check in report["results"]["failed_checks"]}
    assert set(found) == set(reasons), found
    assert all(len(reason) > 20 for reason in reasons.values())
