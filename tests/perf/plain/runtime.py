"""The smallest runtime there is for a Python function: faster than Lambda's own, so that it favours Python.

    AWS_LAMBDA_RUNTIME_API=host:port python runtime.py auto_snapshot
"""

import http.client
import importlib
import json
import os
import sys

NEXT = "/2018-06-01/runtime/invocation/next"


def main():
    handler = importlib.import_module(sys.argv[1]).handler
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", NEXT)
        invocation = api.getresponse()
        event = json.loads(invocation.read())
        request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        answer = json.dumps(handler(event, None))
        api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", answer)
        api.getresponse().read()


main()
