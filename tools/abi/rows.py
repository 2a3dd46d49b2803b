#!/usr/bin/env python3
"""Lists the rows of the interface statement (abi/rows) and holds tests against them.

    rows.py                         every row: id, when, then
    rows.py --check PATH ...        rows that no test names and names that no row has; exit status 1 when there are any
    rows.py --counts PATH ...       for each table: rows, and rows that a test names

A test names its rows in a comment `row: untyped.retype.length untyped.retype.root_cap`, or as ROW("untyped.retype.length").
"""

import argparse
import pathlib
import re
import sys
import tomllib

from statement import ARCHITECTURES, STATEMENT

# The ids of a comment may go on over several lines of it.
COMMENT = re.compile(r"\brow:((?:[\s*/#]+[a-z0-9_]+(?:\.[a-z0-9_]+){2}\b)+)")
MACRO = re.compile(r'\bROW\(((?:\s*"[^"]+"\s*,?)+)\s*\)')
SOURCES = {".c", ".h", ".S", ".py", ".sh", ".toml", ""}


def read_rows(arch):
    """All rows of an architecture in order: id to (when, then)."""
    rows = {}
    for folder in (STATEMENT / "rows", STATEMENT / "rows" / arch):
        for path in sorted(folder.glob("*.toml")):
            for group, operations in tomllib.loads(path.read_text()).items():
                for operation, entries in operations.items():
                    for key, (when, then) in entries.items():
                        name = f"{group}.{operation}.{key}"
                        if name in rows:
                            raise SystemExit(f"{path}: {name} is stated twice")
                        rows[name] = (when, then)
    return rows


def names_in(text):
    """Row ids that a source names."""
    for match in COMMENT.finditer(text):
        yield from re.findall(r"[a-z0-9_.]+", match[1])
    for match in MACRO.finditer(text):
        yield from re.findall(r'"([^"]+)"', match[1])


def read_names(paths):
    """Row ids named in files and folders: id to the first file that names it."""
    named = {}
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in SOURCES)
        for file in files:
            for name in names_in(file.read_text(errors="replace")):
                named.setdefault(name, file)
    return named


def check(rows, named):
    missing = [name for name in rows if name not in named]
    unknown = {name: file for name, file in named.items() if name not in rows}
    for name in missing:
        print(f"no test: {name}: {rows[name][0]}: {rows[name][1]}")
    for name, file in unknown.items():
        print(f"no row: {name} in {file}")
    print(f"figure rows of the interface with a test: {len(rows) - len(missing)} of {len(rows)}")
    return 1 if missing or unknown else 0


def counts(rows, named):
    tables = {}
    for name in rows:
        tables.setdefault(name.rsplit(".", 1)[0], []).append(name)
    for table, names in tables.items():
        print(f"{table:34} {sum(name in named for name in names):3} of {len(names):3}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="x86_64", choices=ARCHITECTURES)
    parser.add_argument("--check", nargs="+", type=pathlib.Path, metavar="PATH")
    parser.add_argument("--counts", nargs="+", type=pathlib.Path, metavar="PATH")
    args = parser.parse_args()
    rows = read_rows(args.arch)
    if args.counts:
        counts(rows, read_names(args.counts))
    if args.check:
        return check(rows, read_names(args.check))
    if not args.counts:
        for name, (when, then) in rows.items():
            print(f"{name}: {when}: {then}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
