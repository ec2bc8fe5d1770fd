"""The template, and what CloudFormation makes of it: translated here, without an account."""

import os
import pathlib

import pytest
import yaml

# The translator asks which partition it is for, by region.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
from samtranslator.translator.transform import transform  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]
TEMPLATE = ROOT / "lambda-shims" / "template.yaml"
FUNCTIONS = {
    "AutoSnapshot": "auto-snapshot",
    "NightlyMaintenance": "nightly-maintenance",
    "AutoRemediation": "auto-remediation",
}


class NoManagedPolicies:
    """The roles are written out, so none of AWS's policies has to be looked up."""

    def load(self):
        return {}


def read():
    return yaml.safe_load(TEMPLATE.read_text())


def translated():
    template = read()
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # what `sam package` puts there
    return transform(template, {}, NoManagedPolicies())


class Stack:
    def __init__(self, template):
        self.parameters = template["Parameters"]
        self.resources = template["Resources"]

    def of(self, kind):
        """The properties of each resource of a kind, by logical name."""
        return {n: r.get("Properties", {}) for n, r in self.resources.items() if r["Type"] == kind}

    def default(self, name):
        return self.parameters[name]["Default"]


@pytest.fixture(scope="session")
def stack():
    return Stack(translated())


def arn(name):
    return {"Fn::GetAtt": [name, "Arn"]}


def ref(name):
    return {"Ref": name}
