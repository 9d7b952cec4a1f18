#!/usr/bin/env python3
"""Compares what two machines read: compare.py ONE.json OTHER.json, as `workmate read --json` prints it.

Everything is to be the same but boxes, which may lie two pixels apart (at 150 dpi: 0.96 points),
confidences, which floating point rounds differently, and how long it took.
"""

import json
import sys

POINTS = 2 * 72 / 150


def differences(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key in ("confidence", "timings_ms"):
                continue
            if key not in one or key not in other:
                yield f"{path}.{key} is there once"
            else:
                yield from differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path}: {len(one)} and {len(other)}"
        for number, pair in enumerate(zip(one, other)):
            yield from differences(*pair, f"{path}[{number}]")
    elif isinstance(one, float) or isinstance(other, float):
        if abs(one - other) > POINTS:
            yield f"{path}: {one} and {other}"
    elif one != other:
        yield f"{path}: {one!r} and {other!r}"


def documents(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main():
    one, other = (documents(path) for path in sys.argv[1:])
    found = list(differences(one, other))
    for line in found[:20]:
        print(line)
    read = sum(1 for it in one if not it.get("error"))
    print(f"{len(one)} documents, {read} of them read, {len(found)} differences")
    return 1 if found or 2 * read < len(one) or not one else 0


if __name__ == "__main__":
    sys.exit(main())
