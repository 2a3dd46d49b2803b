#!/usr/bin/python3
"""Kills components, lets them hang and corrupts them under load, and counts what was lost. README.md explains.

The machine counts instructions: sixteen counts of the processor's counter for each. So an interruption is a number of instructions, time
in which the machine idles included, and nothing depends on how busy the host is.
"""

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "system"), str(TESTS / "components")]
from machine import OUT, Checks, Machine  # noqa: E402
from peers import Echo, Server, Transfer  # noqa: E402
from supervisor import PROMPT as ASKS, Console  # noqa: E402
from console import connected, receive  # noqa: E402

# Every driver and server, also those through which the test itself gives its orders. (linux holds the load.)
TARGETS = ["virtio-blk", "virtio-net", "virtio-rng", "block", "fs", "net", "serial0", "serial1", "ps2", "framebuffer",
           "console", "supervisor", "rtc", "time", "random", "log", "names", "pci"]
# How often each kind comes; a hang takes as long as a heartbeat.
KINDS = ["kill", "corrupt", "kill", "corrupt", "kill", "hang", "corrupt", "kill", "corrupt", "kill"]
# What an order to the supervisor, or its answer, passes through.
CONSOLES = ["supervisor", "serial1", "console"]
# A corrupted one of these may have written what is wrong to the disk, which must not pass for right.
STORAGE = {"virtio-blk", "block", "fs"}
# A corrupted one of these may damage what passes through connections, which only the programs at their ends can tell.
NETWORK = {"virtio-net", "net"}
ORDERS_MOST = 3  # until an order is answered
PARTITION_START = 1 << 20
PATIENCE = 90  # seconds of the host until the load goes on after a fault
HAND_PATIENCE = 40  # the same if something is corrupted, until an operator restarts it; the load itself gives silent connections up before
CONSOLE_PATIENCE = 20  # seconds for an answer of the supervisor's console
LEAK_PATIENCE = 15  # seconds until a restart that is under way, also of what fails again and again, has given back what it has
BANNER = "Pecan's supervisor."
# 16 ns of the machine's time for an instruction: a heartbeat that is missed does not cost billions of them.
ICOUNT = ["-icount", "shift=4,sleep=on"]
COUNTS_PER_INSTRUCTION = 16
PROMPT = r"root@pecan:[^#]*# "


class StandsStill(AssertionError):
    """The load does not go on after a fault of a component, whatever is restarted."""

    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


class Tally:
    """What happened to one component."""

    def __init__(self):
        self.faults = {"kill": 0, "hang": 0, "corrupt": 0}
        self.recovered, self.by_hand, self.wrong, self.damaged, self.resets, self.crashes, self.leaks, self.away = 0, 0, 0, 0, 0, 0, 0, []

    def line(self, name):
        away = f"{int(statistics.median(self.away)):>12} {max(self.away):>12}" if self.away else f"{'-':>12} {'-':>12}"
        counts = " ".join(f"{self.faults[kind]:>7}" for kind in ("kill", "hang", "corrupt"))
        return (f"{name:<14} {counts} {self.recovered:>9} {self.by_hand:>7} {self.wrong:>7} {self.damaged:>7} {self.resets:>7} "
                f"{self.crashes:>7} {self.leaks:>7} {away}")


class Totals:
    """What happened to the machine."""

    def __init__(self):
        self.ended, self.leaks, self.compared, self.repairs = 0, 0, 0, 0

    def __str__(self):
        return (f"{self.ended} times the machine ended by itself, as by a crash of the kernel; init's memory and slots were compared {self.compared} "
                f"times, {self.leaks} times they were others; {self.repairs} times the load stood still until e2fsck had repaired the file system")


class System:
    """The machine, its shell, the supervisor's console, and the servers outside."""

    def __init__(self, machine, console, transfer, totals):
        self.machine, self.console, self.transfer, self.totals = machine, console, transfer, totals
        self.consoles_by_hand = 0
        self.corrupted = set()  # components that run on with random words in them
        self.memory = None  # what init had before the first fault, or since a leak
        self.last = None  # the component that was broken last
        self.seen = {"wrong": 0, "damaged": 0, "resets": 0}  # of what the load has told

    def order(self, line):
        """What the supervisor's console says to a command; None if nobody answers, or another supervisor begins in the middle."""
        self.drop_old_text()
        self.console.type(line + "\r")
        try:
            said = self.console.expect(rf"{re.escape(line)}(?:\x1b\[K)?\r\n([\s\S]*?)\r{ASKS}|{BANNER}[\s\S]*?{ASKS}")[1]
        except (TimeoutError, UnicodeDecodeError):
            return None
        return None if said is None or BANNER in said else said.replace("\r\n", "\n").splitlines()

    def drop_old_text(self):
        """What came while nobody asked: the first words of supervisors that have started anew."""
        self.console.text = ""
        self.console.port.settimeout(0)
        try:
            while receive(self.console.port):
                pass
        except BlockingIOError:
            self.console.port.settimeout(CONSOLE_PATIENCE)

    def ask(self, line, parse):
        """The answer to a question, again until it can be understood: what is on the way to it may be broken, too."""
        by_hand = time.monotonic() + 2 * CONSOLE_PATIENCE
        end = by_hand + PATIENCE
        while time.monotonic() < end:
            said = self.order(line)
            try:
                answer = said and parse(said)
            except (ValueError, IndexError, TypeError):
                answer = None
            if answer:
                return answer
            print(f"\n{line}: {said}", flush=True)
            time.sleep(1)
            if time.monotonic() > by_hand:
                self.restart_consoles()
                by_hand = end
        raise AssertionError(f"the supervisor's console does not answer to '{line}'")

    def restart_consoles(self):
        """As an operator would who gets no answer there: from the shell."""
        self.consoles_by_hand += 1
        for name in CONSOLES:
            shell(self, f"pecanctl restart {name}; echo by-hand-$((6*7))", "by-hand-42")

    def outages(self):
        """For each component: state, restarts, out since, back since."""
        def parse(lines):
            rows = [line.split() for line in lines[1:]]
            found = {name: (state, int(restarts), int(out), int(back)) for name, state, restarts, out, back, *_ in rows}
            return found if found.keys() >= set(TARGETS) else None
        return self.ask("outages", parse)

    def find_memory(self):
        """What init has, and what is left in components."""
        return self.ask("memory", lambda lines: re.fullmatch(r"\d+ bytes free, \d+ capability slots in use, \d+ bytes left in components", lines[0])[0])

    def has_leaked(self):
        """Whether init has something else than it had, also when no restart can be under way any more. From then on that is what it had."""
        end, had = time.monotonic() + LEAK_PATIENCE, self.memory
        while (has := self.find_memory()) != had and time.monotonic() < end:
            time.sleep(0.1)
        self.memory = has
        self.totals.compared += 1
        if has == had:
            return False
        self.totals.leaks += 1
        print(f"\na leak: init had {had}, and has {has}", flush=True)
        return True

    def count_seen(self, tally):
        """What the load has told since the last time counts for the component that was broken last."""
        for what, before in self.seen.items():
            self.seen[what] = getattr(self.transfer, what)
            setattr(tally, what, getattr(tally, what) + self.seen[what] - before)

    def wait_until_back(self, name, restarts, seconds):
        """Waits until the component was restarted more than `restarts` times and works; its last outage, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state, count, out, back = self.outages()[name]
            if state == "runs" and count > restarts and back > out:
                return (back - out) // COUNTS_PER_INSTRUCTION
            time.sleep(0.05)
        return None


def device_flags(disk, serial):
    """The devices that `make run` gives the machine, and the socket of the supervisor's console."""
    return ["-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=disk,addr=3",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,addr=4", "-device", "virtio-rng-pci,addr=5",
            "-vga", "none", "-device", "bochs-display,addr=6", "-serial", f"unix:{serial},server=on,wait=off"]


def inflict(system, name, kind, seed, restarts):
    """
    One fault. A supervisor that was corrupted may end in the middle of the order: it has been carried out, or is given again. So it is if the
    component, corrupted before, has just failed and is about to start.
    """
    for _ in range(ORDERS_MOST):
        end = time.monotonic() + PATIENCE
        while (said := system.order(f"corrupt {name} {seed}" if kind == "corrupt" else f"{kind} {name}")) == [f"{name}: it does not run"]:
            assert time.monotonic() < end, said
            time.sleep(0.1)
        assert not said or kind == "corrupt", f"{kind} {name}: {said}"
        if said is not None or name in CONSOLES or system.outages()[name][1] > restarts:
            return
    raise AssertionError(f"no answer to {kind} {name}")


def show(system, questions):
    for question in questions:
        print("\n".join(["", question, *(system.order(question) or ["no answer"])]), flush=True)


def fault(system, tally, name, kind, seed):
    """One fault, and what follows."""
    before, consoles, corrupted, transfer = system.outages()[name][1], system.consoles_by_hand, system.corrupted, system.transfer
    rounds, damaged, may_damage = dict(transfer.rounds), tally.damaged, NETWORK & (corrupted | {name})
    inflict(system, name, kind, seed, before)
    tally.faults[kind] += 1
    if kind == "corrupt":
        corrupted.add(name)
    else:
        away = system.wait_until_back(name, before, PATIENCE)
        assert away is not None, f"{name} did not come back after {kind}: {system.console.run('ps')}"
        tally.away.append(away)
        corrupted.discard(name)
    behind = transfer.wait_for_progress(rounds["files"], HAND_PATIENCE if corrupted else PATIENCE)
    system.count_seen(tally)
    assert tally.damaged == damaged or may_damage, f"a connection is damaged, and {sorted(corrupted)} are corrupted"
    if behind and corrupted:
        tally.by_hand += 1
        show(system, ["ps", "ps", "log init 3"])
        for step in ([name], sorted(corrupted - {name}) + [name]):
            print(f"\n{' and '.join(behind)} stand still; restarted by hand: {', '.join(step)}", flush=True)
            for other in step:
                system.order(f"restart {other}")
            behind = transfer.wait_for_progress(rounds["files"], PATIENCE / 3)
            if not behind:
                break
        corrupted.difference_update(step)
        system.count_seen(tally)
    if behind:
        raise StandsStill(name, f"{behind} stand still after {kind} {name} (seed {seed})")
    tally.by_hand += system.consoles_by_hand - consoles
    tally.recovered += 1
    tally.leaks += system.has_leaked()


def choose_faults(count, seed, targets, kinds):
    """`count` faults round robin: component, kind, seed."""
    choices = random.Random(seed)
    for number in range(count):
        name = targets[number % len(targets)]
        kind = kinds[(number // len(targets) + number % len(targets)) % len(kinds)]
        fault_seed = choices.getrandbits(48)
        print(f"\nfault {number + 1} of {count}: {kind} {name} {fault_seed}", flush=True)
        yield name, kind, fault_seed


def run_faults(system, faults, tallies):
    """A component that does not come back ends the run."""
    for name, kind, seed in faults:
        system.last = name
        fault(system, tallies[name], name, kind, seed)


def report(tallies):
    print(f"\n{'COMPONENT':<14} {'KILL':>7} {'HANG':>7} {'CORRUPT':>7} {'RECOVERED':>9} {'BY HAND':>7} "
          f"{'WRONG':>7} {'DAMAGED':>7} {'RESETS':>7} {'CRASHES':>7} {'LEAKS':>7} {'MEDIAN AWAY':>12} {'WORST AWAY':>12}")
    for name, tally in tallies.items():
        print(tally.line(name))
    away = [count for tally in tallies.values() for count in tally.away]
    faults = sum(sum(tally.faults.values()) for tally in tallies.values())
    interruptions = f", median interruption {int(statistics.median(away))}, worst {max(away)} instructions" if away else ""
    print(f"figure {faults} faults, {sum(tally.recovered for tally in tallies.values())} recovered "
          f"({sum(tally.by_hand for tally in tallies.values())} by hand){interruptions}")


def shell(system, line, pattern, seconds=PATIENCE):
    """A command in the Linux shell, again until its answer is seen: what is typed while the terminal restarts may be lost."""
    for _ in range(5):
        system.machine.type(line)
        try:
            match = system.machine.expect(pattern, seconds=seconds / 5)
        except Exception:  # pexpect's own, which machine.py hides
            system.machine.key("\x03")
            continue
        system.machine.expect(PROMPT)
        return match
    raise AssertionError(f"the shell does not answer to '{line}'")


def begin_load(system, echo, transfer):
    """What an earlier load has left on a disk that was repaired is told, and removed."""
    system.machine.expect(PROMPT)
    shell(system, "[ ! -e /data/load ] || /tests/programs/load verify /data/load; rm -rf /data/load; echo ready-$((6*7))", "ready-42")
    system.machine.type(f"mkdir -p /data/load; /tests/programs/load run /data/load 10.0.2.2 {echo.port} {transfer.port} >/tmp/load 2>&1 &")
    missing = transfer.wait_for_progress(0, PATIENCE)
    assert not missing, f"{missing} do not begin"


def end_load(system, targets, kinds):
    """
    The load's own report: no byte was wrong without a checksum that tells, and nothing failed but by what was corrupted, or connections by
    the network server.
    """
    shell(system, "kill $!; wait; tail -n 4 /tmp/load", r"load: ended|load: BYTES ARE WRONG")
    match = shell(system, "grep -c wrong.bytes.in /tmp/load; tail -n 4 /tmp/load",
                  r"\n(\d+)\s+load: files: ([^\r\n]*)\s+load: echo: ([^\r\n]*)\s+load: http: ([^\r\n]*)\s+load: ([^\r\n]*)\s")
    for kind, text in zip(("files", "echo", "http"), match.groups()[1:]):
        print(f"\nfigure {kind}: {text}")
    is_damaged = not all(", 0 damaged" in text for text in match.groups()[1:4])
    if match[1] != "0" or is_damaged:
        shell(system, "grep -A 1 of.the.contents /tmp/load | head -n 40; echo seen-$((6*7))", "seen-42")
    assert match[1] == "0" and match[5] == "ended", match.groups()
    if "corrupt" not in kinds:
        assert not is_damaged, match.groups()
        errors = [int(re.search(r"(\d+) errors", text)[1]) for text in match.groups()[1:4]]
        resets = [int(re.search(r"(\d+) resets", text)[1]) for text in match.groups()[1:4]]
        if errors != [0, 0, 0]:
            text = shell(system, "grep -v -e rounds, -e ended -e reset /tmp/load | head -n 5; echo seen-$((6*7))", r"([\s\S]*)seen-42")[1]
            raise AssertionError("errors that no program should see: " + "; ".join(re.findall(r"load: [^\r\n]*", text)))
        assert resets == [0, 0, 0] or "net" in targets, f"connections were reset: {resets}"


def verify_after_restart(flags):
    """The files of the load are there, and right, on a machine that starts anew; and the file system is whole."""
    with Machine(seconds=200, flags=flags) as machine:
        machine.expect(PROMPT)
        machine.type("/tests/programs/load verify /data/load")
        match = machine.expect(r"load: verified (\d+) files, (\d+) wrong bytes")
        assert int(match[1]) >= 1 and match[2] == "0", match.groups()
        machine.type("poweroff")
        assert machine.end() == 0


def repair(disk):
    """Has e2fsck replay the partition's journal and repair what is damaged. Its status, 1: there was something, and what it says."""
    partition, image = Path(f"{disk}.partition"), disk.read_bytes()
    partition.write_bytes(image[PARTITION_START:])
    subprocess.run(["/sbin/e2fsck", "-y", "-E", "journal_only", partition], capture_output=True, check=False)
    done = subprocess.run(["/sbin/e2fsck", "-fy", partition], capture_output=True, text=True)
    disk.write_bytes(image[:PARTITION_START] + partition.read_bytes())
    return done.returncode, done.stdout


def check_file_system(disk, may_be_damaged):
    """With what is in the journal e2fsck finds nothing in the partition; or it repairs what a corrupted component has done."""
    status, said = repair(disk)
    if may_be_damaged:
        print(f"\nfigure e2fsck after corruption of {', '.join(sorted(STORAGE))}: "
              f"{'found and repaired damage' if status else 'nothing to repair'}")
    assert status in ((0, 1) if may_be_damaged else (0,)), said


def show_state(system):
    """What a failure leaves to look at: the accounts, what init has said, and what the load complained of last."""
    show(system, ["ps", "outages", "log init 60", "log fs 20", "log linux 5"])
    shell(system, "tail -n 5 /tmp/load; grep -e of.the.contents -e wrong.bytes /tmp/load | head -n 20; ps; df /data; ls -l /data /data/load; echo seen-$((6*7))", "seen-42")


def has_ended(machine):
    """Whether the machine is not there any more, or about to end: its ports close before."""
    try:
        machine.end(5)
    except Exception:  # pexpect's own, which machine.py hides
        return False
    return True


def break_components(system, faults, tallies, kinds):
    """Faults until there are no more, then None; or until the load stands still, then that. In the end nothing is missing."""
    system.memory, standstill = system.find_memory(), None
    try:
        run_faults(system, faults, tallies)
    except StandsStill as error:
        show_state(system)
        standstill = error
    end_load(system, tallies, kinds)
    tallies[system.last].leaks += system.has_leaked()
    stopped = [name for name, (state, *_) in system.outages().items() if state != "runs"]
    assert not stopped, stopped
    return standstill


def break_machine(faults, tallies, totals, seconds, kinds, flags, serial, echo, transfer):
    """The same on a machine that begins for it, and ends when asked to."""
    with Machine(seconds=seconds, flags=flags + ICOUNT) as machine, connected(serial) as port:
        system = System(machine, Console(port), transfer, totals)
        begin_load(system, echo, transfer)
        try:
            standstill = break_components(system, faults, tallies, kinds)
        except Exception:
            if has_ended(machine):
                totals.ended += 1
                tallies[system.last].crashes += 1
            else:
                show_state(system)
            raise
        system.machine.type("sync; poweroff")
        assert machine.end() == 0
        return standstill


def check_tallies(tallies, kinds):
    """No component's faults made init lose anything, and those below the network server lose no connection."""
    leaks = [name for name, tally in tallies.items() if tally.leaks]
    assert not leaks, f"after faults of {leaks} init had other memory and slots"
    resets = {name: tally.resets for name, tally in tallies.items() if tally.resets and name != "net"}
    assert not resets or "corrupt" in kinds, f"connections were reset after kills and hangs of others than the network server: {resets}"


def breaks(count, seed, targets, kinds, flags, disk, serial, echo, transfer):
    """
    The load may stand still because a corrupted component has damaged the file system, so that all files get is errors. Then the machine
    is stopped, e2fsck repairs the disk, and the faults go on; if there is nothing to repair, the standstill is a failure.
    """
    tallies, totals = {name: Tally() for name in targets}, Totals()
    faults = choose_faults(count, seed, targets, kinds)
    try:
        while standstill := break_machine(faults, tallies, totals, 1000 + 20 * count, kinds, flags, serial, echo, transfer):
            status, said = repair(disk)
            print(f"\n{standstill}; e2fsck: {status}\n{said}")
            if status != 1 or "corrupt" not in kinds:
                raise standstill
            totals.repairs += 1
            tallies[standstill.name].recovered += 1
            transfer.begin()
        check_tallies(tallies, kinds)
    finally:
        report(tallies)
        print(f"figure {totals}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(dict.fromkeys(KINDS)), help="of faults, with commas between")
    parser.add_argument("targets", nargs="*", default=TARGETS, help="components, instead of all")
    arguments = parser.parse_args()
    targets, wanted = arguments.targets or TARGETS, arguments.kinds.split(",")
    kinds = [kind for kind in KINDS if kind in wanted]
    if set(wanted) - set(KINDS):
        parser.error(f"kinds of faults are {', '.join(dict.fromkeys(KINDS))}")
    may_be_damaged = "corrupt" in wanted and not STORAGE.isdisjoint(targets)
    checks = Checks()
    echo, transfer = Server(Echo), Server(Transfer)
    with tempfile.TemporaryDirectory() as folder:
        disk, serial = Path(folder) / "disk", Path(folder) / "serial"
        subprocess.run([TESTS.parent / "systems/shell/make_disk.py", "--output", disk, "--mib", "64"], check=True)
        devices = device_flags(disk, serial)
        checks.run(f"{arguments.count} faults with seed {arguments.seed}", breaks, arguments.count, arguments.seed, targets, kinds,
                   devices, disk, serial, echo, transfer)
        checks.run("the file system is whole", check_file_system, disk, may_be_damaged)
        checks.run("the files are there after a restart of the machine", verify_after_restart, devices)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
