#!/usr/bin/python3
"""Runs the same scripts on kernels with and without fast paths; what threads see and pay for must be the same. README.md says more."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "tools" / "plugins"), str(TOP / "tests" / "support")]
import program_settings  # noqa: E402

OUT = Path(os.environ.get("OUT", "build/x86_64"))
PROGRAM = OUT / "release" / "twins.elf"
SLOW = "slow"
SCRIPT = re.compile(r"^script (\d+): (\d+) entries, ([0-9a-f]+), us ([0-9 ]+)$")
# By so much may differ what a context has consumed in a script, as one kernel is faster; a burn (twins.h) takes far longer.
TOLERANCE_US = 500
SHOWN_BEFORE = 6
NAMES = {
    "step": "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 flags cs tls floats buffer space "
            "instruction call cap".split(),
    "registers": "rip rsp rflags rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 fs_base gs_base error".split(),
    "consumed": ["us"],
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", default="haswell")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000, help="how many scripts")
    parser.add_argument("--fast", default="release", help="variant of the kernel that is compared with the slow one")
    parser.add_argument("--timeout", type=int, default=300, help="seconds, for each kernel")
    return parser.parse_args()


def run(arguments, variant, folder, first, count, keep):
    """What the program prints on that kernel, as lines; raises when the machine does not end by itself."""
    program_settings.write(PROGRAM, folder / "twins.elf", first, count, keep)
    command = ["tools/run/boot", "--kernel", OUT / variant / "kernel32.elf", "--module", folder / "twins.elf",
               "--cpu", arguments.cpu, "--icount", "--timeout", str(arguments.timeout)]
    process = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             errors="replace")
    return process.stdout.replace("\r", "").splitlines(), process.returncode


def scripts_of(lines):
    return [line for line in lines if SCRIPT.match(line)]


def entries_of(lines):
    return [line.split() for line in lines if re.match(r"^\d+ [a-z-]+ -?\d+( [0-9a-f]+)*$", line)]


def difference_us(fast, slow):
    """By how much the contexts' consumption differs at most in a script that shows the same otherwise; else None."""
    fast, slow = [SCRIPT.match(line or "") for line in (fast, slow)]
    if not fast or not slow or fast.groups()[:3] != slow.groups()[:3]:
        return None
    return max(abs(int(a) - int(b)) for a, b in zip(fast[4].split(), slow[4].split(), strict=True))


def is_same(difference):
    return difference is not None and difference <= TOLERANCE_US


def is_same_entry(fast, slow):
    if not fast or not slow or fast[:3] != slow[:3] or fast[1] != "consumed":
        return fast == slow
    return abs(int(fast[3], 16) - int(slow[3], 16)) <= TOLERANCE_US


def describe(entry):
    number, what, who, *words = entry
    names = NAMES.get(what, [f"word{i}" for i in range(len(words))])
    return f"{number} {what} of {'director' if who == '-1' else who}: " + " ".join(
        f"{name}={word}" for name, word in zip(names, words))


def show_difference(arguments, folder, script):
    """Runs one script again on both kernels, and prints the first thing that is different and what was before."""
    both = [entries_of(run(arguments, variant, folder, script, 1, 1)[0]) for variant in (arguments.fast, SLOW)]
    for index, (fast, slow) in enumerate(zip_longest(*both)):
        if is_same_entry(fast, slow):
            continue
        for entry in both[1][max(0, index - SHOWN_BEFORE):index]:
            print(f"  both: {describe(entry)}")
        print(f"  {arguments.fast}: {describe(fast) if fast else 'nothing more'}")
        print(f"  {SLOW}: {describe(slow) if slow else 'nothing more'}")
        if fast and slow and fast[:3] == slow[:3]:
            names = NAMES.get(fast[1], [f"word{i}" for i in range(len(fast))])
            differ = [name for name, a, b in zip(names, fast[3:], slow[3:]) if a != b]
            print(f"  different: {' '.join(differ)}")
        return
    print("  run alone, no entry of the script differs (consumed time: by more than is tolerated)")


def main():
    arguments = parse_arguments()
    title = f"{arguments.fast} and {SLOW} kernel on {arguments.cpu}"
    with tempfile.TemporaryDirectory(prefix="pecan-twins-") as name:
        folder = Path(name)
        (fast, fast_status), (slow, slow_status) = [run(arguments, variant, folder, arguments.first, arguments.count, 0)
                                                    for variant in (arguments.fast, SLOW)]
        pairs = list(zip_longest(scripts_of(fast), scripts_of(slow)))
        differences = [difference_us(*pair) for pair in pairs]
        different = [int(SCRIPT.match(b or a)[1]) for (a, b), by in zip(pairs, differences) if not is_same(by)]
        wrong = None
        if different:
            wrong = f"{len(different)} of {arguments.count} scripts differ, the first is {different[0]}"
            show_difference(arguments, folder, different[0])
        elif fast_status or slow_status or len(scripts_of(slow)) != arguments.count:
            wrong = f"the machines ended with {fast_status} and {slow_status} after {len(scripts_of(slow))} scripts"
            print("\n".join(fast[-20:] + slow[-20:]))
    entries = sum(int(SCRIPT.match(line)[2]) for line in scripts_of(slow))
    print(f"figure {title}: {arguments.count} scripts, {entries} observations are the same, "
          f"budgets but for {max(differences)} us" if not wrong else
          f"not ok {title} show the same: {wrong}")
    if not wrong:
        print(f"ok {title} show the same")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
