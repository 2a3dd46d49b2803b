#!/usr/bin/python3
"""What debug calls print and end, seen from outside: the dump names a thread, DebugHalt stops the machine."""

import os
import re
import subprocess
import sys

OUT = os.environ["OUT"] + "/debug"


def boot(program, *flags):
    """Runs a root task on the debug kernel; returns (exit status, console)."""
    command = ["tools/run/boot", "--timeout", "60", "--icount", "--kernel", f"{OUT}/kernel32.elf", "--module", f"{OUT}/{program}.elf"]
    process = subprocess.run([*command, "--", *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             errors="replace")
    print(process.stdout, process.stderr)
    return process.returncode, process.stdout


def check(name, is_right, why):
    print(f"ok {name}" if is_right else f"not ok {name}: {why}")
    return is_right


def main():
    status, console = boot("debug_calls")
    dump = re.search(r"# a dump follows(.*)# the dump is over", console, re.DOTALL)
    right = [
        # row: debug.call.put_char debug.call.dump_scheduler debug.call.snapshot
        check("DebugPutChar and DebugDumpScheduler print", dump, "no dump"),
        check("DebugSnapshot returns", dump and "# behind the snapshot" in dump[1], "nothing behind it"),
        # row: debug.call.name_thread
        check("DebugNameThread names", dump and re.search(r"\bconformant\b", dump[1]), "the name is not in the dump"),
        # row: debug.call.halt
        check("DebugHalt stops the machine", "# halting" in console and "# not halted" not in console and status == 0,
              f"status {status}"),
    ]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
