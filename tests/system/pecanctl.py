#!/usr/bin/python3
"""pecanctl in the Linux shell, and the supervisor's console on the second serial port: both look at components and break them."""

import base64
import gzip
import json
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "components"))
from console import connected, receive  # noqa: E402
from machine import OUT, Checks  # noqa: E402
from shell import CONTROL_C, CONTROL_D, Shell, announced  # noqa: E402

UPDATE = OUT / "systems/shell/debug/names.update"


def succeeds(shell, command):
    """And says nothing; what components and init say meanwhile is in their logs, and not on the user's terminal."""
    output = shell.output_of(f"{command}; echo status $?")
    assert output == "status 0\n", output


def ps(shell, name):
    """The columns that `ps` shows of a component."""
    for line in shell.output_of("pecanctl ps").splitlines():
        if line.split()[0] == name:
            return line.split(None, 11)
    raise AssertionError(f"no component {name}")


def looks(shell):
    assert ps(shell, "linux")[1] == "runs" and ps(shell, "supervisor")[2] == "225"
    assert "kill" in shell.output_of("pecanctl help")
    assert "names (runs)" in shell.output_of("pecanctl services")
    # What systems/shell/shell.system tells the drivers the addresses of; of the budget the largest piece.
    lines = [line.split() for line in shell.output_of("pecanctl memory").splitlines()[1:]]
    reached = {words[0]: int(words[1]) for words in lines}
    assert list(reached) == ["virtio-rng", "virtio-net", "virtio-blk"], lines
    assert reached["virtio-rng"] == 4 << 10 and reached["virtio-net"] == 3104 << 10, reached
    piece = reached["virtio-blk"] - (4144 << 10)
    assert piece >= 16 << 20 and piece & (piece - 1) == 0, reached


def restarts(shell):
    for command, failure in (("kill names", "killed"), ("hang log", "no heartbeat")):
        name = command.split()[1]
        before = int(ps(shell, name)[3])
        succeeds(shell, f"pecanctl {command}")
        for _ in range(100):
            line = ps(shell, name)
            if line[1] == "runs" and int(line[3]) == before + 1:
                break
            time.sleep(0.1)
        assert line[1] == "runs" and line[11].strip() == failure, line
    assert re.search(r"names starts again, restart 1", shell.output_of("pecanctl log init"))
    shell.output_of("tests/programs/divide-by-zero")
    assert re.search(r"\] divide-by-zero\[\d+\] crashed: SIGFPE", shell.output_of("pecanctl log linux"))


def outages(shell):
    """A component that never failed was never away; one that was killed was, for some counts of the processor's counter."""
    rows = [line.split(None, 5) for line in shell.output_of("pecanctl outages").splitlines()[1:]]
    found = {name: (state, int(restarts), int(out), int(back), away.strip()) for name, state, restarts, out, back, away in rows}
    state, restarts, out, back, away = found["linux"]
    assert (state, restarts, out, away) == ("runs", 0, 0, "-") and back > 0, found["linux"]
    state, restarts, out, back, away = found["names"]
    assert state == "runs" and restarts >= 1 and back > out and int(away) == back - out, found["names"]


def looks_again(shell):
    """`top` shows the components and shows them again, until Ctrl-C."""
    shell.type("pecanctl top")
    for _ in range(2):
        shell.expect("COMPONENT .*\r\n")
        shell.expect("linux +runs ")
    shell.key(CONTROL_C)
    shell.rest()
    assert shell.output_of("echo $?") == "130\n"


def stops_and_starts(shell):
    """What was stopped stays so, until it is started."""
    succeeds(shell, "pecanctl stop names")
    assert ps(shell, "names")[1] == "stopped"
    assert shell.output_of("pecanctl kill names; echo $?") == "names: it does not run\n1\n"
    assert "names (stopped)" in shell.output_of("pecanctl services")
    succeeds(shell, "pecanctl start names")
    assert ps(shell, "names")[1] == "runs"
    assert "names (runs)" in shell.output_of("pecanctl services")


def refuses(shell):
    for command, pattern in (("kill nobody", "there is no component"), ("frobnicate", "there is no command"),
                             ("update names /nowhere", "there is no file"), ("kill", "usage"),
                             ("update names /etc/passwd", "no update of this component")):
        output = shell.output_of(f"pecanctl {command} 2>&1; echo $?")
        assert re.fullmatch(rf".*{pattern}.*1\n", output, re.DOTALL), output


def traces(shell):
    succeeds(shell, "pecanctl trace start && pecanctl kill names && sleep 0.2 && pecanctl trace stop > /tmp/t")
    packed = shell.output_of("gzip < /tmp/t | base64", 60)
    events = json.loads(gzip.decompress(base64.b64decode(packed)))["traceEvents"]
    threads = {event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {"linux", "names", "init"} <= threads, threads
    assert any(event.get("name") == "called by a program" for event in events), events
    assert any("names failed: killed" in event["name"] for event in events if event["ph"] == "i"), events


def updates(shell):
    """The file comes as text over the serial line."""
    before = int(ps(shell, "names")[3])
    text = base64.encodebytes(gzip.compress(UPDATE.read_bytes(), mtime=0)).decode()
    # What is typed before the shell has left its line editor is not echoed.
    shell.type("echo re''ady; base64 -d | gunzip > /tmp/update")
    shell.expect("ready")
    for line in text.splitlines():
        shell.type(line)
        shell.expect(re.escape(line[-8:]))
    shell.key(CONTROL_D)
    shell.rest()
    assert shell.output_of("stat -c %s /tmp/update") == f"{UPDATE.stat().st_size}\n"
    succeeds(shell, "pecanctl update names /tmp/update")
    line = ps(shell, "names")
    assert line[1] == "runs" and int(line[3]) == before + 1, line


def ends(shell):
    """A reader that goes away in the middle, one that waits, and one whose supervisor goes away leave the device usable."""
    assert shell.output_of("pecanctl graph svg | head -n 1").startswith("<svg")
    shell.type("exec 3<>/dev/pecan; echo ps >&3; " + announced("pecanctl ps"))
    shell.expect("begun")
    shell.key(CONTROL_C)
    shell.rest()
    shell.output_of("exec 3>&-")
    assert shell.output_of("pecanctl restart supervisor; echo $?") == "the supervisor has started again\n0\n"
    assert ps(shell, "supervisor")[1] == "runs"


def console(shell, port):
    """Both at once."""
    port.sendall(b"\rkill names\rps\r")
    text = b""
    while not re.search(rb"linux +runs[^\n]*\n\rpecan> ", text):
        text += receive(port)
    assert ps(shell, "linux")[1] == "runs"


def top(port):
    """It shows the components again without a key, until q."""
    port.sendall(b"top\r")
    text = b""
    while text.count(b"linux ") < 3:
        text += receive(port)
    port.sendall(b"q")
    while not text.endswith(b"pecan> \x1b[K"):
        text += receive(port)


def ends_the_machine(shell, port):
    """One failure of Linux after the other, and no end of it: then the machine ends with init's status."""
    for _ in range(100):
        try:
            port.sendall(b"kill linux\r")
        except OSError:
            break
        time.sleep(0.2)
    assert shell.end(20) == 118


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        serial = Path(folder) / "serial"
        with Shell(flags=["-serial", f"unix:{serial},server=on,wait=off"]) as shell, connected(serial) as port:
            for name, check in (("ps, help, services", looks), ("kill and hang", restarts), ("outages", outages), ("top", looks_again),
                                ("stop and start", stops_and_starts), ("errors", refuses), ("a trace", traces), ("an update", updates), ("sessions that end early", ends)):
                if not checks.run(f"pecanctl: {name}", check, shell):
                    shell.recover()
            checks.run("the supervisor's console beside it", console, shell, port)
            checks.run("top on the console", top, port)
            checks.run("Linux fails too often", ends_the_machine, shell, port)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
