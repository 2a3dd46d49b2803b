#!/usr/bin/python3
"""A download goes on while all that it passes through is killed, and what was downloaded lasts; what is stopped is waited for, or told of."""

import contextlib
import hashlib
import http.server
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "components"))
from console import connected  # noqa: E402
from data import disk_flags  # noqa: E402
from machine import TOP, Checks  # noqa: E402
from network import HERE, expect_output  # noqa: E402
from shell import CONTROL_C, Shell, announced  # noqa: E402
from supervisor import Console  # noqa: E402

BELOW = ["virtio-net", "virtio-blk", "fs"]  # of which no program notices anything
PARTS = 2 + len(BELOW)  # one before the first is killed, one around each, one after the last
PART_BYTES = 1_600_000
CONTENTS = random.Random(3).randbytes(PARTS * PART_BYTES)
DONE = r"(\[1\]\+ +Done.*\n)?"  # the shell says it of a command in the background
RIGHT = hashlib.md5(CONTENTS).hexdigest()


class Download(http.server.BaseHTTPRequestHandler):
    """The contents, a part at a time, each when the test lets it go."""

    def do_GET(self):  # the name that the base class wants
        parts = self.server.parts
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENTS)))
        self.end_headers()
        try:
            for at in range(0, len(CONTENTS), PART_BYTES):
                parts.acquire()
                self.wfile.write(CONTENTS[at:at + PART_BYTES])
        except OSError:
            pass  # the guest's end was reset

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Download)
        self.address = f"http://{HERE}:{self.server_address[1]}/"
        self.let_go(0)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def let_go(self, parts):
        """Of the next download so many parts may go; `parts.release()` lets another one go."""
        self.parts = threading.Semaphore(parts)


def begin_download(shell, server, path):
    """It goes on in the background; what wget says and its status are in /tmp/said."""
    server.let_go(1)
    expect_output(shell, f": > {path}; (wget -q -O {path} {server.address} 2> /tmp/said; echo status $? >> /tmp/said) &", "")
    wait_for_parts(shell, path, 1)


def wait_for_parts(shell, path, count):
    """Waits until the file has so many parts, or nearly: wget may hold some bytes."""
    expect_output(shell, f"until [ $(stat -c %s {path}) -ge {count * PART_BYTES - 65536} ]; do sleep 0.1; done", "")


def kills_go_unnoticed(shell, console, server):
    """The driver of the card, that of the disk and the file server are killed while a file comes and is written."""
    begin_download(shell, server, "/data/f")
    for count, name in enumerate(BELOW, 2):
        server.parts.release()
        assert console.run(f"kill {name}") == []
        wait_for_parts(shell, "/data/f", count)
    server.parts.release()
    expect_output(shell, "wait; cat /tmp/said; md5sum /data/f", f"status 0\n{RIGHT}  /data/f\n{DONE}")


def a_reset_is_told(shell, console, server):
    """The network server's death is an error that a program can report; trying again works."""
    begin_download(shell, server, "/data/g")
    assert console.run("kill net") == []
    expect_output(shell, "wait; cat /tmp/said", "wget: .*reset.*\nstatus 1\n" + DONE)
    server.let_go(PARTS)
    expect_output(shell, f"wget -q -O /data/g {server.address}; echo status $?; md5sum /data/g", f"status 0\n{RIGHT}  /data/g\n")


def restarts_show(shell):
    lines = [line.split(None, 11) for line in shell.output_of("pecanctl ps").splitlines()]
    found = {line[0]: (line[1], line[3], line[11].strip()) for line in lines}
    for name in [*BELOW, "net"]:
        assert found[name] == ("runs", "1", "killed"), (name, found[name])


def stop_and_start(shell, console, server, command):
    """While the server is stopped the command waits, and can be ended. It goes on in the background, writes to /tmp/got and /tmp/said."""
    assert console.run(f"stop {server}") == []
    expect_output(shell, f"{command} > /tmp/got 2> /tmp/said & sleep 1; jobs", r"\[1\]. +Running .*\n")
    shell.type(announced(command))
    shell.expect("begun")
    shell.key(CONTROL_C)
    shell.rest()
    expect_output(shell, "echo $?", "130\n")
    assert console.run(f"start {server}") == []


def files_wait(shell, console):
    """Who reads gets what is right as soon as there is a file server. (A file that was read lately is in memory; this one was not.)"""
    stop_and_start(shell, console, "fs", "cat /data/g")
    expect_output(shell, "wait; md5sum < /tmp/got", f"{RIGHT}  -\n{DONE}")


def connections_end(shell, console, server):
    """Who wanted to connect is told that the server is another one, and then can."""
    command = f"wget -q -O - {server.address}"
    server.let_go(PARTS)
    stop_and_start(shell, console, "net", command)
    expect_output(shell, "wait; cat /tmp/said", f"wget: .*reset.*\n{DONE}")
    expect_output(shell, f"{command} | md5sum", f"{RIGHT}  -\n")


def ends(shell):
    shell.type("poweroff")
    assert shell.end(30) == 0


@contextlib.contextmanager
def booted(folder, kind):
    """The shell and the supervisor's console of a machine, pc or q35, with a disk and a card."""
    serial = Path(folder) / "serial"
    flags = ["-machine", kind, *disk_flags(Path(folder) / "disk"), "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,addr=4",
             "-serial", f"unix:{serial},server=on,wait=off"]
    with Shell(flags=flags, seconds=180) as shell, connected(serial) as port:
        yield shell, Console(port)


def main():
    checks, server = Checks(), Server()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([TOP / "systems/shell/make_disk.py", "--output", f"{folder}/disk", "--mib", "64"], check=True)
        with booted(folder, "pc") as (shell, console):
            checks.run("kills below a download go unnoticed", kills_go_unnoticed, shell, console, server)
            checks.run("a reset is told, and the next try works", a_reset_is_told, shell, console, server)
            checks.run("pecanctl shows the restarts", restarts_show, shell)
            checks.run("poweroff", ends, shell)
        with booted(folder, "q35") as (shell, console):
            checks.run("the file is there on a machine that starts anew, of another kind", expect_output, shell, "md5sum /data/f", f"{RIGHT}  /data/f\n")
            checks.run("files of a server that is stopped", files_wait, shell, console)
            checks.run("connections of a server that is stopped", connections_end, shell, console, server)
            checks.run("poweroff of the second machine", ends, shell)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
