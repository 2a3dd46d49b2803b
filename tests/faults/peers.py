"""The servers outside of the machine that the load talks to: echo, and HTTP transfers of the load's contents (load.c)."""

import re
import socketserver
import threading
import time
import zlib

PATTERN_BYTES = 65521


def make_pattern():
    word, pattern = 1, bytearray()
    for _ in range(PATTERN_BYTES):
        word = (word * 1103515245 + 12345) & 0xFFFFFFFF
        pattern.append(word >> 16 & 0xFF)
    return bytes(pattern)


PATTERN = make_pattern()


def contents(seed, count):
    """`count` bytes of the contents `seed`."""
    start = seed % PATTERN_BYTES
    return (PATTERN[start:] + PATTERN * (count // PATTERN_BYTES + 1))[:count]


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while part := self.request.recv(65536):
                self.request.sendall(part)
                self.server.bytes += len(part)
        except OSError:
            pass  # a reset is the client's business


class Transfer(socketserver.StreamRequestHandler):
    COUNTS = rb"=(\d+),(\d+),(\d+),(\d+)&"  # rounds, wrong, damaged, resets
    REQUEST = re.compile(rb"(GET /(\d+)/(\d+)\?files" + COUNTS + b"echo" + COUNTS + b"http" + COUNTS + rb")sum=(\d+) ")

    def handle(self):
        try:
            request = self.REQUEST.match(self.rfile.readline())
            if not request or zlib.crc32(request[1]) != int(request[self.REQUEST.groups]):
                self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                return
            seed, count, *progress = map(int, request.groups()[1:-1])
            with self.server.told:
                self.server.requests += 1
                self.server.rounds = dict(zip(("files", "echo", "http"), progress[::4]))
                self.server.wrong, self.server.damaged, self.server.resets = (sum(progress[place::4]) for place in (1, 2, 3))
                self.server.told.notify_all()
            while self.rfile.readline().strip():
                pass
            body = contents(seed, count)
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + body + zlib.crc32(body).to_bytes(4, "little"))
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.bytes, self.requests = 0, 0
        self.begin()
        self.told = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def begin(self):
        """Another load is to come, which begins to count anew."""
        self.rounds, self.wrong, self.damaged, self.resets = {"files": 0, "echo": 0, "http": 0}, 0, 0, 0

    @property
    def port(self):
        return self.server_address[1]

    def wait_for_progress(self, files, seconds):
        """
        Waits until there are more than `files` rounds of files, and of the others one that ended from now on; those that are behind, if time
        runs out. What connections have suffered until now has been told then, too: nothing does another round before it has seen that.
        """
        end = time.monotonic() + seconds
        with self.told:
            requests = self.requests
            if not self.told.wait_for(lambda: self.requests > requests, seconds):
                return ["http"]
            since = {**self.rounds, "files": files}

            def behind():
                return [kind for kind, rounds in self.rounds.items() if rounds <= since[kind]]
            self.told.wait_for(lambda: not behind(), end - time.monotonic())
            return behind()
