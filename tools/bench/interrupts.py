"""The longest stretch with interrupts off: over the conformance tests, the scenarios that give the kernel much to do at once,
and hostile input, all on the release kernel."""

import re
import subprocess
import sys

import measure

sys.path.insert(0, str(measure.TOP / "tools" / "plugins"))
import stretch  # noqa: E402

LIMIT = stretch.LIMIT
RUNS = [
    ["tests/latency/latency.py", "--variant", "release", "--program", "conformance", "--", "-global", "hpet.msi=on"],
    ["tests/latency/latency.py", "--variant", "release"],
    ["tests/fuzz/hostile.py", "--variant", "release", "--cpu", measure.CPU, "--calls", "200000"],
]
FIGURE = re.compile(r"^figure (.+): longest stretch with interrupts off (\d+) instructions \((.*?)\)", re.MULTILINE)


def parse_figures(text):
    """[(run, instructions, where)] of what the tests print."""
    return [(run, int(count), where) for run, count, where in FIGURE.findall(text)]


def longest_stretch():
    """{longest, run, where, runs}: instructions, in which run of how many, and where it began."""
    figures = []
    for command in RUNS:
        process = subprocess.run(command, cwd=measure.TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                 errors="replace")
        found = parse_figures(process.stdout)
        if not found:
            raise measure.MeasureError(f"{' '.join(command)} measured nothing")
        figures += found
    run, longest, where = max(figures, key=lambda figure: figure[1])
    return {"longest": longest, "run": run, "where": where, "runs": len(figures)}
