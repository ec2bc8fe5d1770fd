"""Records of the metrics table, and the lines that the archive is to hold of them."""

import base64
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number as it is written: no digit may be lost, so it is never made a float."""

    text: str


#: Attributes that are easily spoilt on the way, as DynamoDB's JSON.
DELICATE = {
    "longest": {"N": "12345678901234567890123456789012345678"},
    "finest": {"N": "0.12345678901234567890123456789012345678"},
    "negative": {"N": "-98765432109876543210.987654321098765432"},
    "trailing": {"N": "1.50"},
    "texts": {"SS": ["b", "a", "ä"]},
    "numbers": {"NS": ["3.14159265358979323846264338327950288419", "-1"]},
    "blob": {"B": b"\x00\xff\n"},
    "blobs": {"BS": [b"\x01", b"\x02"]},
    "nothing": {"NULL": True},
    "no": {"BOOL": False},
    "text": {"S": 'line\nbreak, "quotes", \\ and \u2028 \U0001f527'},
    "empty": {"S": ""},
    "nested": {"M": {"list": {"L": [{"N": "1"}, {"M": {"deep": {"NULL": True}}}, {"L": []}]}, "map": {"M": {}}}},
}


def of_day(day, count, size, **attributes):
    """So many records of about that size, spread over the whole day, each with these attributes."""
    seconds = [86_399 * n // max(count - 1, 1) for n in range(count)]
    return [
        {
            "host": {"S": f"host-{n % 7}"},
            "timestamp": {"S": f"{day}T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z"},
            "filling": {"S": "x" * size},
            **attributes,
        }
        for n, at in enumerate(seconds)
    ]


def line_of(record):
    """What the archive's line of a record says."""
    return {name: _plain(attribute) for name, attribute in record.items()}


def read(text):
    """What the lines of an archive say, in the order of their records' keys."""
    lines = text.decode().split("\n")
    assert lines.pop() == "", "the last line has no end"
    read = [json.loads(line, parse_int=Number, parse_float=Number) for line in lines]
    assert all(list(line) == sorted(line) for line in read), "the attributes of a line are not in order"
    return in_order(read)


def in_order(lines):
    return sorted(lines, key=lambda line: (line["host"], line["timestamp"]))


def _plain(attribute):
    [(kind, value)] = attribute.items()
    match kind:
        case "N":
            return Number(value)
        case "B":
            return base64.b64encode(value).decode()
        case "NULL":
            return None
        case "L":
            return [_plain(one) for one in value]
        case "M":
            return {name: _plain(one) for name, one in value.items()}
        case "SS" | "NS" | "BS":
            return [_plain({kind[0]: one}) for one in sorted(value)]
        case _:
            return value
