"""Reads the commands of `make -n` and writes those that compile a source file as a JSON compilation database."""

import json
import os
import shlex
import sys

entries = []
for line in sys.stdin:
    if " -c " not in line or "-MMD" not in line:
        continue
    arguments = shlex.split(line)
    entries.append({
        "directory": os.getcwd(),
        "arguments": arguments,
        "file": arguments[arguments.index("-c") + 1],
        "output": arguments[arguments.index("-o") + 1],
    })
json.dump(entries, sys.stdout, indent=2)
print()
