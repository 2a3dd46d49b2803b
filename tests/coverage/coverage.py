#!/usr/bin/python3
"""Line coverage of the kernel by the tests on the target and on the host together. README.md says how it is counted."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("BUILD", "build"))
OUT = Path(os.environ.get("OUT", "build/x86_64"))
HERE = Path(__file__).resolve().parent

VARIANTS = ("debug", "release")
TARGET_SUITES = ("conformance/", "kernel/", "system/", "latency/", "fuzz/")
LEAST_PERCENT = 90
MOST_EXCLUDED_PERCENT = 3

PLACE = re.compile(r"^(\S+):(\d+)(?: \(discriminator \d+\))?$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t")


class Lines:
    """Numbers of lines by file, the file's path relative to the top of the tree."""

    def __init__(self):
        self.of_file = defaultdict(set)

    def add(self, path, number):
        self.of_file[path].add(number)

    def has(self, path, number):
        return number in self.of_file.get(path, ())


def kernel_path(name):
    """The path relative to the top of the tree, or None when it is not a source of the kernel."""
    path = Path(os.path.normpath(name))
    if path.is_absolute():
        if not path.is_relative_to(TOP):
            return None
        path = path.relative_to(TOP)
    return str(path) if path.parts[:1] == ("kernel",) else None


# --- target -----------------------------------------------------------------------------------------------------------


class Kernel:
    """One built kernel: which line each instruction belongs to, and its code."""

    def __init__(self, elf):
        self.place_of = {}
        self.boot_offset, self.boot_code = self._read_boot_segment(elf)
        place = None
        listing = subprocess.run(["objdump", "-d", "-l", "--no-show-raw-insn", elf], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.splitlines():
            if match := PLACE.match(line):
                path = kernel_path(match[1])
                place = (path, int(match[2])) if path else None
            elif (match := INSTRUCTION.match(line)) and place:
                self.place_of[int(match[1], 16)] = place

    @staticmethod
    def _read_boot_segment(elf):
        """Where the part that runs before paging is linked, less where it runs; and its bytes by where they run."""
        sys.path.insert(0, str(TOP / "tools" / "plugins"))
        import elf_file
        file = elf_file.ElfFile(elf)
        offset, virtual, physical, in_file, _ = min(file.segments(), key=lambda segment: segment[1])
        return virtual - physical, (physical, file.data[offset:offset + in_file])

    def lines(self):
        found = Lines()
        for path, number in self.place_of.values():
            found.add(path, number)
        return found

    def place(self, address, code):
        if address < self.boot_offset:
            start, content = self.boot_code
            at = address - start
            if content[at:at + len(code)] != code:
                return None  # a boot loader was there
            address += self.boot_offset
        return self.place_of.get(address)


def run_target_tests(folder):
    """Runs the suites with the plugin in every QEMU; each leaves a file in `folder`."""
    plugin = (BUILD / "plugins" / "kernel_coverage.so").resolve()
    environment = os.environ | {"QEMU": f"{os.environ.get('QEMU', 'qemu-system-x86_64')} -plugin "
                                        f"{plugin},output={folder.resolve()}/run"}
    for suite in TARGET_SUITES:
        print(f"-- {suite}", flush=True)
        subprocess.run([TOP / "tests" / "run", "--only", suite], cwd=TOP, env=environment)


def booted_variant(arguments):
    """debug or release, when one of the built kernels was booted."""
    for option in ("-kernel", "-cdrom"):
        if option in arguments:
            image = Path(arguments[arguments.index(option) + 1])
            for variant in VARIANTS:
                if image.resolve().parent == (OUT / variant).resolve():
                    return variant
    return None


def read_target_runs(folder, kernels):
    covered = Lines()
    count = 0
    for file in sorted(folder.glob("run.*")):
        lines = file.read_text().splitlines()
        variant = booted_variant([line.split(" ", 1)[1] for line in lines if line.startswith("argument ")])
        if not variant:
            continue
        count += 1
        for line in lines:
            if line.startswith("ran "):
                _, address, code = line.split()
                if place := kernels[variant].place(int(address, 16), bytes.fromhex(code)):
                    covered.add(*place)
    print(f"{count} runs in QEMU", flush=True)
    return covered


# --- host ---------------------------------------------------------------------------------------------------------------


def run_host_scripts(out):
    """Runs the scripts that compile parts of the kernel and test them, with gcc's coverage, into `out`."""
    out.mkdir(parents=True)
    for variant in VARIANTS:
        (out / variant).symlink_to((OUT / variant).resolve())
    environment = os.environ | {"CC": "gcc --coverage", "OUT": str(out)}
    for script in sorted((TOP / "tests" / "host").rglob("run")):
        if "kernel/" in script.read_text():
            print(f"-- {script.relative_to(TOP)}", flush=True)
            subprocess.run([script], cwd=TOP, env=environment, stdout=subprocess.DEVNULL)


def read_host_runs(*folders):
    """What gcc's data in the folders say: (lines that can run, lines that ran)."""
    known, covered = Lines(), Lines()
    data = [file for folder in folders for file in sorted(folder.rglob("*.gcda"))]
    for file in data:
        result = subprocess.run(["gcov", "--json-format", "--stdout", file], cwd=TOP, capture_output=True, text=True)
        for document in result.stdout.splitlines():
            for source in json.loads(document)["files"]:
                if path := kernel_path(source["file"]):
                    for line in source["lines"]:
                        known.add(path, line["line_number"])
                        if line["count"]:
                            covered.add(path, line["line_number"])
    print(f"{len(data)} compiled files on the host", flush=True)
    return known, covered


# --- exclusions and report ------------------------------------------------------------------------------------------------


def function_lines(text, name):
    """Numbers of the lines of a C function, from its first to its closing brace."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if re.match(rf"[A-Za-z].*\b{re.escape(name)}\(", line) and not line.rstrip().endswith(";"):
            end = next(number for number in range(start, len(lines)) if lines[number].startswith("}"))
            return set(range(start + 1, end + 2))
    return set()


def read_exclusions():
    """The lines that exclusions.txt leaves out, and complaints about entries that name nothing."""
    excluded, wrong = Lines(), []
    for number, line in enumerate((HERE / "exclusions.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        path, what, reason = (line.split(None, 2) + ["", ""])[:3]
        source = TOP / path
        text = source.read_text() if source.exists() else ""
        if what.startswith("/"):
            found = {n for n, content in enumerate(text.splitlines(), 1) if re.search(what.strip("/"), content)}
        else:
            found = function_lines(text, what)
        if not found or not reason:
            wrong.append(f"exclusions.txt line {number}: {'no reason' if found else 'names nothing'}")
        for n in found:
            excluded.add(path, n)
    return excluded, wrong


def ranges(numbers):
    """12-14, 20 for {12, 13, 14, 20}"""
    parts, numbers = [], sorted(numbers)
    for index, number in enumerate(numbers):
        if index and number == numbers[index - 1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def report(known, covered, excluded):
    """Prints the table; returns (percent covered, percent excluded)."""
    total = ran = left_out = 0
    print(f"\n{'file':<46} {'lines':>6} {'ran':>6}        lines that never ran")
    for path in sorted(known.of_file):
        lines = known.of_file[path]
        out = {number for number in lines if excluded.has(path, number)}
        counted = lines - out
        missed = {number for number in counted if not covered.has(path, number)}
        total += len(counted)
        ran += len(counted) - len(missed)
        left_out += len(out)
        percent = 100 * (1 - len(missed) / len(counted)) if counted else 100
        print(f"{path:<46} {len(counted):>6} {len(counted) - len(missed):>6} {percent:5.1f}%  {ranges(missed)}")
    covered_percent = 100 * ran / total
    excluded_percent = 100 * left_out / (total + left_out)
    print(f"{'all':<46} {total:>6} {ran:>6} {covered_percent:5.1f}%  {left_out} lines left out ({excluded_percent:.1f}%)\n")
    return covered_percent, excluded_percent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="read the results of the last run instead of running")
    arguments = parser.parse_args()
    folder = BUILD / "coverage"
    if not arguments.keep:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run_target_tests(folder)
    kernels = {variant: Kernel(OUT / variant / "kernel.elf") for variant in VARIANTS}
    covered = read_target_runs(folder, kernels)
    shutil.rmtree(folder / "host", ignore_errors=True)
    run_host_scripts(folder / "host")
    host_known, host_covered = read_host_runs(folder / "host", OUT / "host" / "coverage")
    known = kernels["debug"].lines()
    for path, lines in host_covered.of_file.items():
        covered.of_file[path] |= lines
    for path, lines in host_known.of_file.items():
        if path not in known.of_file:
            known.of_file[path] = lines
    excluded, wrong = read_exclusions()
    covered_percent, excluded_percent = report(known, covered, excluded)
    if covered_percent < LEAST_PERCENT:
        wrong.append(f"coverage is below {LEAST_PERCENT}%")
    if excluded_percent > MOST_EXCLUDED_PERCENT:
        wrong.append(f"more than {MOST_EXCLUDED_PERCENT}% of the lines are left out")
    print(f"figure line coverage of the kernel: {covered_percent:.1f}%, {excluded_percent:.1f}% left out")
    for complaint in wrong:
        print(f"not ok {complaint}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
