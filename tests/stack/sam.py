"""The template as CloudFormation gets it: what `sam package` and the Serverless transform make of it, offline."""

import os
import pathlib

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "lambda-shims" / "template.yaml"


def translated(bucket):
    """The template with its functions' code in a bucket, and without any `AWS::Serverless::*`."""
    # The translator asks for a region although it calls nothing.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(TEMPLATE.read_text())
    for function in functions(template).values():
        function["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": f"{binary(function)}.zip"}
    return Translator({}, Parser()).translate(template, {})


def functions(template):
    """The functions by their logical name."""
    resources = template["Resources"].items()
    return {name: it for name, it in resources if it["Type"] == "AWS::Serverless::Function"}


def binary(function):
    return function["Metadata"]["BuildProperties"]["Binary"]
