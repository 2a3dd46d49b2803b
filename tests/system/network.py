#!/usr/bin/python3
"""Busybox on the network: through QEMU's user network with servers and clients here, and what kills below it do to its connections."""

import hashlib
import http.server
import random
import re
import socket
import sys
import threading
import time
import urllib.request

from machine import Checks
from shell import Shell

HERE = "10.0.2.2"  # this machine, as the guest sees it
LARGE = random.Random(1).randbytes(3_000_000)
SLOW = random.Random(2).randbytes(400_000)


class Files(http.server.BaseHTTPRequestHandler):
    """/large at once, /slow a little at a time, /endless until somebody stops."""

    def do_GET(self):  # the name that the base class wants
        body = {"/large": LARGE, "/slow": SLOW}.get(self.path)
        self.send_response(200)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            if self.path == "/large":
                self.wfile.write(body)
            for at in range(0, len(SLOW), 4000):
                if self.path != "/large":
                    self.wfile.write(SLOW[at:at + 4000])
                    time.sleep(0.02)
            while self.path == "/endless":
                self.wfile.write(bytes(100))
                time.sleep(0.05)
        except OSError:
            pass  # the guest's end was reset

    def log_message(self, *_):
        pass


def expect_output(shell, command, expected, seconds=60):
    output = shell.output_of(command, seconds)
    assert re.fullmatch(expected, output, re.DOTALL), f"{command!r} printed {output!r}"


def interfaces(shell):
    output = shell.output_of("ifconfig; route -n; cat /etc/resolv.conf")
    for wanted in ("inet addr:10.0.2.15", "inet addr:127.0.0.1", r"0\.0\.0\.0 +10\.0\.2\.2 +0\.0\.0\.0 +UG", "nameserver 10.0.2.3"):
        assert re.search(wanted, output), f"{wanted} is not in {output!r}"


def ping(shell):
    expect_output(shell, f"ping -c 2 {HERE} | grep -c seq=; ping -c 1 127.0.0.1 | grep -c seq=", "2\n1\n")


def fetch(shell, port):
    wanted = hashlib.md5(LARGE).hexdigest()
    expect_output(shell, f"wget -q -O - http://{HERE}:{port}/large | md5sum", f"{wanted} .*")


def send(shell):
    """A large file goes out by nc to a server here."""
    listener = socket.create_server(("127.0.0.1", 0))
    got = bytearray()

    def collect():
        with listener.accept()[0] as connection:
            while part := connection.recv(65536):
                got.extend(part)

    receiver = threading.Thread(target=collect, daemon=True)
    receiver.start()
    wanted = shell.output_of("md5sum < /bin/busybox").split()[0]
    shell.output_of(f"nc {HERE} {listener.getsockname()[1]} < /bin/busybox", 60)
    receiver.join(30)
    assert hashlib.md5(got).hexdigest() == wanted, f"{len(got)} bytes came"


def serve(shell, port):
    """httpd answers several clients here at once, and one inside."""
    shell.output_of("mkdir -p /tmp/www; cp /bin/busybox /tmp/www/; httpd -h /tmp/www")
    wanted = shell.output_of("md5sum < /bin/busybox").split()[0]
    sums = []

    def client():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/busybox", timeout=60) as answer:
            sums.append(hashlib.md5(answer.read()).hexdigest())

    clients = [threading.Thread(target=client, daemon=True) for _ in range(4)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join(60)
    assert sums == [wanted] * 4, sums
    expect_output(shell, "wget -q -O - http://127.0.0.1/busybox | md5sum", f"{wanted} .*")
    assert re.search(r"tcp .*:80 .*LISTEN", shell.output_of("netstat -lnt"))


def driver_is_killed(shell, port):
    """A connection goes on when the card's driver is killed under it, and no byte is lost."""
    wanted = hashlib.md5(SLOW).hexdigest()
    expect_output(shell, f"(sleep 1; pecanctl kill virtio-net > /dev/null) & wget -q -O - http://{HERE}:{port}/slow | md5sum",
                  f".*{wanted} .*", 90)


def server_is_killed(shell, port):
    """A connection is reset when the network server is killed; a new one works, and who listened still does."""
    output = shell.output_of(f"(sleep 1; pecanctl kill net > /dev/null) & wget -O /dev/null http://{HERE}:{port}/endless; echo status $?", 90)
    assert "reset" in output and "status 1" in output, output
    # The card's address comes by DHCP again.
    expect_output(shell, "until ifconfig eth0 | grep -q 10.0.2.15; do sleep 1; done; echo again", ".*again\n.*", 60)
    fetch(shell, port)
    expect_output(shell, "wget -q -O - http://127.0.0.1/busybox | cmp - /bin/busybox && echo same", "same\n")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def main():
    checks = Checks()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, inside = server.server_address[1], free_port()
    flags = ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{inside}-:80", "-device", "virtio-net-pci,netdev=net,addr=4"]
    with Shell(seconds=280, flags=flags) as shell:
        expect_output(shell, "until ifconfig eth0 | grep -q 10.0.2.15; do sleep 1; done; echo up", "up\n")
        for name, check, arguments in [("interfaces", interfaces, ()), ("ping", ping, ()), ("wget", fetch, (port,)), ("nc", send, ()),
                                       ("httpd", serve, (inside,)), ("the driver is killed", driver_is_killed, (port,)),
                                       ("the network server is killed", server_is_killed, (port,))]:
            if not checks.run(name, check, shell, *arguments):
                shell.recover()
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
