"""A machine in QEMU whose serial line a test reads and types on. Runs under Debian's python3, which has pexpect."""

import os
import sys
import traceback
from pathlib import Path

import pexpect

TOP = Path(__file__).resolve().parent.parent.parent
OUT = Path(os.environ.get("OUT", "build/x86_64"))
CPU_MODELS = ["nehalem", "haswell", "max"]


class QuotingLog:
    """Copies the console to the test's own output, quoted, so that no line of it counts as a result of this test."""

    def write(self, text):
        sys.stdout.write(text.replace("\r", "").replace("\n", "\n| "))

    def flush(self):
        sys.stdout.flush()


class Machine:
    """One run of tools/run/boot."""

    def __init__(self, program="roottask", variant="debug", cpu=None, mem=None, iso=False, seconds=60, flags=(),
                 out=OUT, system=None):
        """Boots a root task, or the image that `pecan build` made of a system: `system` is its folder."""
        folder = Path(out) / variant
        image = ["--iso", f"{folder}/{program}.iso"] if iso else ["--kernel", f"{folder}/kernel32.elf",
                                                                  "--module", f"{folder}/{program}.elf"]
        if system:
            image = ["--kernel", f"{system}/sel4_32.elf", "--module", f"{system}/image"]
        arguments = [*image, "--timeout", str(seconds)]
        arguments += ["--cpu", cpu] if cpu else []
        arguments += ["--mem", mem] if mem else []
        self.seconds = seconds
        self.console = pexpect.spawn("tools/run/boot", [*arguments, "--", *flags], cwd=TOP, timeout=seconds,
                                     encoding="utf-8", codec_errors="replace", dimensions=(25, 200))
        self.console.delaybeforesend = None  # which is for programs that would lose what comes too early
        self.console.logfile_read = QuotingLog()

    def expect(self, pattern, seconds=None):
        """Waits for a regular expression on the console and returns the match; fails after `seconds`."""
        self.console.expect(pattern, timeout=self.seconds if seconds is None else seconds)
        return self.console.match

    def type(self, line):
        """Types a line and Return."""
        self.console.send(line + "\r")

    def key(self, text):
        """Types characters as they are, control characters included."""
        self.console.send(text)

    def end(self, seconds=None):
        """Waits until the machine has ended by itself; returns the exit status of tools/run/boot."""
        self.console.expect(pexpect.EOF, timeout=self.seconds if seconds is None else seconds)
        self.console.close()
        return self.console.exitstatus

    def is_running(self):
        return self.console.isalive()

    def stop(self):
        """Ends the machine from outside, whatever it does."""
        if self.console.isalive():
            self.console.send("\x01x")
            try:
                self.console.expect(pexpect.EOF, timeout=5)
            except pexpect.TIMEOUT:
                pass
        self.console.close(force=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Checks:
    """Runs checks one by one and prints `ok` or `not ok` lines; `status` is what the program ends with. A check fails by
    an exception; `run` says whether it held."""

    def __init__(self):
        self.status = 0

    def run(self, name, check, *arguments, **named):
        try:
            check(*arguments, **named)
            print(f"\nok {name}", flush=True)
            return True
        except Exception as error:  # a failed check must not hide the ones after it
            traceback.print_exc(file=sys.stdout)
            why = str(error).strip().splitlines()
            print(f"\nnot ok {name}: {type(error).__name__}: {why[0] if why else ''}", flush=True)
            self.status = 1
            return False
