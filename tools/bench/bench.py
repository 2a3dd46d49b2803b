#!/usr/bin/python3
"""Measures what operations cost, and compares with the peer's figures and with the committed baseline."""

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import chart
import interrupts
import measure
import report

TESTS = measure.TOP / "tests" / "bench"
BASELINE = TESTS / "baseline.json"
DOCUMENT = measure.TOP / "docs" / "performance.md"
DOCUMENT_MARKS = ("<!-- the table is written by make bench-baseline -->", "<!-- end of the table -->")
PERSONALITY = TESTS / "personality.json"
PERSONALITY_MARKS = ("<!-- the table is written by make bench-personality -->", "<!-- end of the table of Linux calls -->")
DATAPATH = TESTS / "datapath.json"
DATAPATH_MARKS = ("<!-- the table is written by make bench-datapath -->", "<!-- end of the table of data -->")
RESTART_MARKS = ("<!-- the table is written by make bench-datapath, too -->", "<!-- end of the table of restarts -->")


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else {}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def run(out, build, quick):
    """Measures, prints and writes: results.json in the build folder and in tests/bench, the chart in the build folder."""
    with ThreadPoolExecutor(1) as beside:
        stretch = None if quick else beside.submit(interrupts.longest_stretch)
        results = measure.measure(out, build)
        results["interrupts_off"] = stretch and stretch.result()
    anchors, baseline = read_json(TESTS / "anchors.json"), read_json(BASELINE)
    write_json(out / "bench" / "results.json", results)
    write_json(TESTS / "results.json", results)
    (out / "bench" / "chart.svg").write_text(chart.chart(results, anchors, baseline))
    report.print_operations(results, anchors, baseline)
    print(f"{out / 'bench' / 'results.json'} and {out / 'bench' / 'chart.svg'} are written")
    return 0


def check(out):
    results = read_json(out / "bench" / "results.json")
    found = report.regressions(results, read_json(BASELINE))
    stretch = results["interrupts_off"]
    if stretch and stretch["longest"] > interrupts.LIMIT:
        found.append(f"interrupts are off for {stretch['longest']} instructions in {stretch['run']}")
    for line in found:
        print(f"not ok {line}")
    if not found:
        print("ok no operation got worse than the baseline by more than 2 %")
    return 1 if found else 0


def path_print(folder, operation):
    """Shows where the instructions of the last run's operation went."""
    report.print_path(measure.path_of(folder, operation))
    return 0


def replace_between(text, begin, end, lines):
    """The text with `lines` in place of those between the lines `begin` and `end`."""
    head, rest = text.split(begin + "\n", 1)
    return head + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1]


def baseline_write(out):
    """Makes the results the baseline, and brings the table of the documentation up to date."""
    results = read_json(out / "bench" / "results.json")
    table = report.markdown_table(results, read_json(TESTS / "anchors.json"))
    DOCUMENT.write_text(replace_between(DOCUMENT.read_text(), *DOCUMENT_MARKS, table))
    write_json(BASELINE, {
        "unit": results["unit"],
        "operations": {name: {"median": entry["median"], "max": entry["max"]} for name, entry in results["operations"].items()},
    })
    return 0


def personality_write(results):
    """Makes the results the committed ones, and brings the documentation's table up to date."""
    write_json(PERSONALITY, results)
    table = report.personality_table(results)
    DOCUMENT.write_text(replace_between(DOCUMENT.read_text(), *PERSONALITY_MARKS, table))


def datapath_write(results):
    """As personality_write."""
    write_json(DATAPATH, results)
    text = replace_between(DOCUMENT.read_text(), *DATAPATH_MARKS, report.datapath_table(results))
    DOCUMENT.write_text(replace_between(text, *RESTART_MARKS, report.restart_table(results)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("run", "check", "baseline", "path"))
    parser.add_argument("--operation", default="call_0_other_as", help="for path: whose instructions to show, by function")
    parser.add_argument("--variant", default="bench", choices=("bench", "bench_slow"), help="for path: with or without fast paths")
    parser.add_argument("--quick", action="store_true", help="for run: only the operations, not the time with interrupts off")
    arguments = parser.parse_args()
    out, build = Path(os.environ.get("OUT", "build/x86_64")), Path(os.environ.get("BUILD", "build"))
    try:
        return {"run": lambda: run(out, build, arguments.quick), "check": lambda: check(out), "baseline": lambda: baseline_write(out),
                "path": lambda: path_print(out / arguments.variant, arguments.operation)}[arguments.command]()
    except measure.MeasureError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
