#!/usr/bin/python3
"""What a block, a packet and a byte of the console cost in each component on their way from a program to the device and back, and
how long each component is away when it is restarted. QEMU counts instructions; the machine's idle time is nobody's."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / folder) for folder in ("tests/components", "tests/system", "systems/shell", "tools/bench")]
import bench  # noqa: E402
from console import connected  # noqa: E402
from machine import OUT  # noqa: E402
from measure import CPU  # noqa: E402
from report import data_sums  # noqa: E402
from shell import Shell  # noqa: E402
from supervisor import PROMPT, Console, is_back, outage  # noqa: E402

SECONDS = 500
# Time passes while the machine is idle, as a peer outside needs it: in no account, but in how long a component is away.
ICOUNT = ["-icount", "shift=0,sleep=on"]
HERE = "10.0.2.2"  # this machine, as the guest sees it
BLOCK, BLOCKS = 4096, 4096
STREAM_BYTES = 4 << 20
TEXT_BYTES, KEYS = 32 << 10, 4096
MAC = bytes.fromhex("525400123456")
COMMAND_ROUNDS = 5
KILLS = 5
# What shows the accounts is on the way of no operation; the console server has a part in both.
OBSERVERS = ("supervisor", "serial1")
SHELL = "linux"  # holds what is measured, so it is restarted last
# How often the processor copies the bytes between a program and the device, as the components are written.
COPIES = {"block written": 1, "block read": 1, "block read again": 1, "packet in": 1, "packet out": 1, "console byte out": 6,
          "console byte in": 7}


def accounts(console):
    """Of each component: microseconds used (thousand instructions), times it was entered, notifications sent."""
    found = {}
    for line in console.run("ps")[1:]:
        name, _, _, _, cpu, _, _, served, wakes, calls, notifies, *_ = line.split()
        seconds, microseconds = cpu.split(".")
        assert len(microseconds) == 6, line
        found[name] = (int(seconds) * 1000000 + int(microseconds), int(served) + int(wakes), int(calls), int(notifies))
    return found


def difference(console, work):
    """What the accounts got from `work()`."""
    before = accounts(console)
    work()
    after = accounts(console)
    return {name: [last - first for first, last in zip(before[name], after[name])] for name in after}


class Empty:
    """What a command that does nothing costs, with showing the accounts: the median of some."""

    def __init__(self, console, shell):
        rounds = [difference(console, lambda: shell.output_of("sleep 1")) for _ in range(COMMAND_ROUNDS)]
        self.cost = {name: [statistics.median(values) for values in zip(*(one[name] for one in rounds))] for name in rounds[0]}

    def without(self, costs):
        return {name: [one - empty for one, empty in zip(costs[name], self.cost[name])] for name in costs if name not in OBSERVERS}


def path(costs, units):
    """Instructions and entries for each unit, of the components that had more to do than nothing."""
    rows = {name: {"instructions": round(microseconds * 1000 / units), "entered": round(entered / units, 3)}
            for name, (microseconds, entered, _, _) in costs.items()}
    rows = {name: row for name, row in rows.items() if row["instructions"] >= 2 or row["entered"] >= 0.01}
    return dict(sorted(rows.items(), key=lambda row: -row[1]["instructions"]))


def frames(dump):
    """[(is it from the guest?, bytes)] of what passed the card until now, from a file of QEMU's filter-dump."""
    data, at, found = dump.read_bytes(), 24, []
    while at + 16 <= len(data):
        length = int.from_bytes(data[at + 8:at + 12], "little")
        found.append((data[at + 22:at + 28] == MAC, length))
        at += 16 + length
    return found


def succeeds(shell, command):
    output = shell.output_of(f"{command}; echo status $?", 120)
    assert "status 0" in output, output
    return output


class Measurement:
    """One machine, and what is measured on it, put into `results`."""

    def __init__(self, shell, console, results):
        self.shell, self.console, self.results = shell, console, results
        self.empty = Empty(console, shell)

    def costs(self, work):
        return self.empty.without(difference(self.console, work))

    def add(self, name, units, costs, **more):
        self.results[name] = {"units": units, **more, "copies": COPIES[name], "components": path(costs, units)}


def file_is_written(measure):
    command = f"dd if=/dev/zero of=/data/file bs={BLOCK} count={BLOCKS} && sync"
    measure.add("block written", BLOCKS, measure.costs(lambda: succeeds(measure.shell, command)))


def file_is_read(measure):
    for name in "block read", "block read again":
        command = f"dd if=/data/file of=/dev/null bs={BLOCK}"
        measure.add(name, BLOCKS, measure.costs(lambda: succeeds(measure.shell, command)))


class Peer:
    """A server here that sends a stream to one client, or takes what it sends."""

    def __init__(self, sends):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.sends, self.got = self.listener.getsockname()[1], sends, 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with self.listener.accept()[0] as connection:
            if self.sends:
                connection.sendall(bytes(STREAM_BYTES))
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                self.got += len(part)


def stream_passes(measure, dump):
    measure.shell.output_of("until ifconfig eth0 | grep -q 10.0.2.15; do sleep 1; done; echo up", 60)
    succeeds(measure.shell, f"dd if=/dev/zero of=/tmp/stream bs=65536 count={STREAM_BYTES >> 16}")
    for name, sends in (("packet in", True), ("packet out", False)):
        peer, before = Peer(sends), len(frames(dump))
        files = "> /dev/null < /dev/null" if sends else "< /tmp/stream"
        costs = measure.costs(lambda: measure.shell.output_of(f"nc {HERE} {peer.port} {files}", 240))
        peer.thread.join(60)
        assert sends or peer.got == STREAM_BYTES, peer.got
        passed = frames(dump)[before:]
        data = [length for is_out, length in passed if is_out != sends and length > 100]
        assert sum(data) >= STREAM_BYTES, (len(data), sum(data))
        other = sum(is_out == sends for is_out, _ in passed)
        measure.add(name, len(data), costs, bytes=STREAM_BYTES // len(data), acknowledged_by=other)


def text_is_shown(measure):
    succeeds(measure.shell, f"yes 0123456789012345678901234567890123456789012345678901234567890 | head -c {TEXT_BYTES} > /tmp/text")
    measure.add("console byte out", TEXT_BYTES, measure.costs(lambda: measure.shell.output_of("cat /tmp/text", 120)))


def keys_are_typed(measure):
    shell = measure.shell

    def type_keys():
        shell.type(f"stty raw -echo; echo re''ady; head -c {KEYS} > /dev/null; stty sane; stty cols 200")
        shell.expect("ready")
        for _ in range(KEYS // 128):
            shell.key("x" * 128)
        shell.rest(60)

    measure.add("console byte in", KEYS, measure.costs(type_keys))


def restarts(measure):
    """Interruptions of each component, in the processor's counter: the first, which begins at once, and those that init puts off."""
    console, found = measure.console, {}
    names = [name for name in accounts(console) if name != SHELL]
    for name in [*names, SHELL]:
        times = []
        for _ in range(KILLS):
            before = outage(console, name)[0]
            console.type(f"kill {name}\r")
            if name == "supervisor":
                console.expect("Pecan's supervisor.*\r\n")
            console.expect(PROMPT)
            columns = is_back(console, name)
            assert columns[0] == before + 1, (name, columns)
            times.append(int(columns[3]))
        found[name] = {"first": times[0], "median": statistics.median(times), "max": max(times)}
    measure.shell.rest()
    measure.results["restarts"] = found


def machine(folder, results, steps):
    """Boots the system, and carries out steps."""
    serial, dump = folder / "serial", folder / "dump"
    flags = [*ICOUNT, "-serial", f"unix:{serial},server=on,wait=off",
             "-drive", f"if=none,id=disk,format=raw,file={folder / 'disk'}", "-device", "virtio-blk-pci,drive=disk,addr=3",
             "-netdev", "user,id=net", "-device", f"virtio-net-pci,netdev=net,addr=4,mac={MAC.hex(':')}",
             "-object", f"filter-dump,id=dump,netdev=net,file={dump}", "-device", "virtio-rng-pci,addr=5",
             "-vga", "none", "-device", "bochs-display,addr=6"]
    with Shell(cpu=CPU, variant="release", seconds=SECONDS, flags=flags) as shell, connected(serial) as port:
        shell.console.logfile_read = None
        console = Console(port)
        console.type("\r")
        console.expect(PROMPT)
        console.run("help")
        measure = Measurement(shell, console, results)
        for step, *arguments in steps:
            print(step.__name__.replace("_", " "), flush=True)
            step(measure, *arguments)
        shell.type("poweroff")
        assert shell.end(60) == 0


def print_results(results):
    for name, result in results.items():
        if name == "restarts":
            continue
        total, switches = data_sums(result)
        print(f"\n{name}: {total} instructions, {switches:.2f} times a component is entered, {result['copies']} copies")
        for component, row in result["components"].items():
            print(f"    {component:<16}{row['instructions']:>10}{row['entered']:>10.3f}")
    print(f"\n{'restart':<20}{'first':>12}{'median':>12}{'max':>12}  instructions")
    for name, times in results["restarts"].items():
        print(f"{name:<20}{times['first']:>12}{times['median']:>12}{times['max']:>12}")


def main():
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([TOP / "systems/shell/make_disk.py", "--output", folder / "disk", "--mib", "64"], check=True)
        machine(folder, results, [(file_is_written,)])
        # Nothing of the file is in memory after a start.
        machine(folder, results, [(file_is_read,), (stream_passes, folder / "dump"), (text_is_shown,), (keys_are_typed,), (restarts,)])
    bench.datapath_write(results)
    print_results(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
