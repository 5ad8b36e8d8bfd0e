"""Runs in the place of what decodes by libsndfile, as one that a medium has taken over.

The medium says what it does: `RIFF....WAVE` and the name of a lie.
"""

import ctypes
import os
import sys


def main(target: str, most_seconds: str) -> None:
    lie = os.read(0, 1000)[12:].decode()
    if lie == "more than there is":
        print('{"samples": 1000000, "declared": 1.0, "bad": 0}', flush=True)
    elif lie == "no number":
        os.write(int(target), bytes(100))
        print('{"samples": 50, "declared": NaN, "bad": 0}', flush=True)
    elif lie == "less than nothing":
        print('{"samples": -1, "declared": null, "bad": -5}', flush=True)
    elif lie == "a line without end":
        while True:
            sys.stdout.write("x" * 65536)
    elif lie == "many lines at once":
        print('{"samples": 0, "declared": null, "bad": 0}\n' * 1000, end="", flush=True)
    elif lie == "depth":
        print("[" * 50_000, flush=True)
    elif lie == "an order":
        print('{"failed": "x", "words": "\\u001b[2J\\n' + "y" * 1000 + '"}', flush=True)
    elif lie == "many words":
        sys.stderr.write("z" * 3_000_000)
        sys.exit(1)
    elif lie == "a crash":
        ctypes.string_at(0)
    elif lie == "work":
        while True:
            pass
    elif lie == "nothing at all":
        os._exit(0)
