#!/usr/bin/python3
"""tools/bench reads what the benchmark prints, finds what got worse, and draws a chart."""

import contextlib
import io
import json
import sys
import xml.etree.ElementTree
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS.parent / "system"), str(TESTS.parents[1] / "tools" / "bench")]
import bench  # noqa: E402
import chart  # noqa: E402
import interrupts  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402
from machine import Checks  # noqa: E402

OUTPUT = "bench begins\r\noperation call_0_other_as 100 101\r\noperation replyrecv_0_other_as 110 110\r\nbench ends\r\n"
PATHS = """span 0 instructions 90 swapgs 2 sysret 1
code 0 0x1000 0x1040
data 0 0x2000
span 1 instructions 95 swapgs 2 sysret 1
code 1 0x1040 0x1080
data 1 0x2000 0x2040
"""


def example():
    """A result without booting anything."""
    operations, rows = measure.parse_output(OUTPUT), measure.parse_paths(PATHS)
    pair = measure.pair_lines(operations, rows)
    return {"operations": measure.combine(operations, rows), "without_fast_paths": {},
            "interrupts_off": {"longest": 78, "run": "a run", "where": "from f", "runs": 1},
            "call_and_reply": {kind: len(lines) for kind, lines in pair.items()} | {"code_lines_by_function": {"f": 3}}}


def reads_output():
    results = example()
    assert results["operations"]["call_0_other_as"] == {
        "median": 100, "max": 101, "kernel": 90, "special": {"swapgs": 2, "sysret": 1}, "code_lines": 2, "data_lines": 1}
    assert (results["call_and_reply"]["code_lines"], results["call_and_reply"]["data_lines"]) == (3, 2)


def refuses(text):
    try:
        measure.parse_output(text)
    except measure.MeasureError:
        return
    raise AssertionError("accepted")


def refuses_incomplete():
    refuses(OUTPUT.replace("bench ends", ""))
    refuses(OUTPUT + "operation call_0_other_as 1 1\n")


def finds_regressions():
    results = example()

    def found(median):
        return report.regressions(results, {"operations": {"call_0_other_as": {"median": median, "max": median}}})
    assert not found(100) and not found(99), "2 % are allowed"
    assert len(found(97)) == 1
    assert len(report.regressions(results, {"operations": {"gone": {"median": 1, "max": 1}}})) == 1
    results["without_fast_paths"] = {"call_0_other_as": {"special": {"swapgs": 2}}}
    assert len(found(100)) == 1, "more serialising instructions than the slow path"


def draws():
    results, anchors = example(), {"operations": {"call_0_other_as": {"peer": 212, "goal": 127}}}
    text = chart.chart(results, anchors, {})
    xml.etree.ElementTree.fromstring(text)
    assert "call_0_other_as" in text and "peer 212" in text
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        report.print_operations(results, anchors, {})
    assert "1 of 1 rows at their goal" in printed.getvalue()


def files_agree():
    anchors, baseline = (json.loads((TESTS / name).read_text()) for name in ("anchors.json", "baseline.json"))
    missing = set(anchors["operations"]) - set(baseline["operations"])
    assert not missing, f"not measured: {missing}"
    for name, anchor in anchors["operations"].items():
        assert anchor["goal"] <= 0.9 * anchor["peer"], name


def table_between(marks):
    text = bench.DOCUMENT.read_text()
    return text.split(marks[0] + "\n", 1)[1].split(marks[1], 1)[0].rstrip().splitlines()


def documented():
    """The tables of docs/performance.md say what the committed figures say."""
    baseline = json.loads(bench.BASELINE.read_text())["operations"]
    rows = [line.split("|") for line in table_between(bench.DOCUMENT_MARKS) if line.startswith("| ")][1:]
    said = {row[1].strip(): {"median": int(row[2]), "max": int(row[3])} for row in rows}
    different = [name for name in said.keys() | baseline.keys() if said.get(name) != baseline.get(name)]
    assert not different, f"the documentation's table differs from the baseline: {sorted(different)}"
    personality = report.personality_table(json.loads(bench.PERSONALITY.read_text()))
    assert table_between(bench.PERSONALITY_MARKS) == personality, "the table of Linux calls differs from personality.json"
    datapath = json.loads(bench.DATAPATH.read_text())
    assert table_between(bench.DATAPATH_MARKS) == report.datapath_table(datapath), "the table of data differs from datapath.json"
    assert table_between(bench.RESTART_MARKS) == report.restart_table(datapath), "the table of restarts differs from datapath.json"


def reads_stretches():
    text = "figure conformance, release kernel: longest stretch with interrupts off 78 instructions (from f), longest passage 9\n"
    assert interrupts.parse_figures(text + "figure other: 3\n") == [("conformance, release kernel", 78, "from f")]


def main():
    checks = Checks()
    checks.run("output and trace are read", reads_output)
    checks.run("incomplete output is refused", refuses_incomplete)
    checks.run("what got worse is found", finds_regressions)
    checks.run("the chart is drawn, the table printed", draws)
    checks.run("the longest stretch is read", reads_stretches)
    checks.run("the documentation's tables are the committed figures", documented)
    checks.run("every figure of the peer has a row in the baseline", files_agree)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
