#!/usr/bin/python3
"""Components use the libraries of third_party and check what comes; one system has them all."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

WANTED = {"libc": 28}


def reports(results):
    with Machine(system=OUT / "systems" / "third_party" / "debug", seconds=60) as system:
        while len(results) < len(WANTED):
            domain, passed, failed = system.expect(r"(\w+): (\d+) passed, (\d+) failed").groups()
            results[domain] = (int(passed), int(failed))


def passes(results, domain):
    assert results.get(domain) == (WANTED[domain], 0), results.get(domain)


def main():
    checks = Checks()
    results = {}
    checks.run("all components report", reports, results)
    for domain in WANTED:
        checks.run(f"{domain} in a component", passes, results, domain)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
