#!/usr/bin/python3
"""compile_commands.json is made, and names every C source of the kernel once."""

import json
import os
import subprocess
import sys
from pathlib import Path


def main():
    subprocess.run(["make", "compile_commands.json"], check=True)
    files = [entry["file"] for entry in json.loads(Path("compile_commands.json").read_text())]
    arch = Path("kernel/arch") / os.environ["ARCH"]
    sources = [path for path in Path("kernel").rglob("*.c") if "arch" not in path.parts or arch in path.parents]
    missing = [str(path) for path in sources if files.count(str(path)) != 1]
    print(f"not ok compile_commands.json: not there once: {missing}" if missing else "ok compile_commands.json")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
