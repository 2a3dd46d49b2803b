#!/usr/bin/python3
"""Terminals: bytes pass between clients and serial ports, none is lost or doubled when what is between is restarted; the screen shows what clients write,
as QEMU shows it; keys make the bytes they should and switch terminals."""

import gzip
import importlib.util
import re
import socket
import sys
import tempfile
import time
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from console import connected, receive  # noqa: E402
from display import screen_dump  # noqa: E402
from machine import OUT, TOP, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "terminals" / "debug"
FAULTS_SYSTEM = OUT / "systems" / "terminals_faults" / "debug"
FONTS = TOP / "third_party/cache/console-setup-linux/usr/share/consolefonts"
WIDTH, HEIGHT, CELL_WIDTH, CELL_HEIGHT = 800, 600, 8, 16
COLUMNS, LINES = WIDTH // CELL_WIDTH, HEIGHT // CELL_HEIGHT
FIRST_WORDS = b"this is first\r\n"
HEADER = b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT)


def serial_port(path):
    """QEMU's option: the machine starts when the test is connected, so that nothing is said to nobody."""
    return f"unix:{path},server=on,wait=on"


def read_exactly(port, count):
    """What comes after that is left for the next call."""
    got = b""
    while len(got) < count:
        got += receive(port, count - len(got))
    return got


def leaves_the_rest():
    """However much has come when the test gets to read it."""
    here, there = socket.socketpair()
    with here, there:
        here.sendall(b"first wordsZ")
        if read_exactly(there, 5) != b"first" or read_exactly(there, 6) != b" words" or read_exactly(there, 1) != b"Z":
            raise AssertionError("other bytes were read")


def glyph_characters():
    """The character of each bitmap of both fonts, as the bits of its rows one after the other."""
    place = TOP / "third_party/font/convert.py"
    specification = importlib.util.spec_from_file_location("convert", place)
    convert = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(convert)
    characters = {}
    for name in ("Uni2-Terminus16", "Uni2-TerminusBold16"):
        height, bitmaps, glyph_of = convert.read_font(gzip.decompress((FONTS / f"{name}.psf.gz").read_bytes()))
        for character in range(0x20, 0x7F):
            start = glyph_of[character] * height
            characters.setdefault(bitmaps[start:start + height], chr(character))
    return characters


def cell_rows(picture, line, column):
    """The rows of a cell, and its ink; the paper is its upper right pixel, which few characters reach."""
    rows, ink, paper = [], None, None
    for y in range(CELL_HEIGHT):
        start = len(HEADER) + 3 * ((line * CELL_HEIGHT + y) * WIDTH + column * CELL_WIDTH)
        pixels = [picture[start + 3 * x:start + 3 * x + 3] for x in range(CELL_WIDTH)]
        paper = paper or pixels[-1]
        ink = next((pixel for pixel in pixels if pixel != paper), ink)
        rows.append(sum(0x80 >> x for x, pixel in enumerate(pixels) if pixel != paper))
    return bytes(rows), ink


def screen_text(picture, characters, lines=6):
    """The first lines of text on the screen; what is no character is a `#`."""
    return ["".join(characters.get(cell_rows(picture, line, column)[0], "#") for column in range(COLUMNS)).rstrip()
            for line in range(lines)]


class Screen:
    """What QEMU shows, as text."""

    def __init__(self, monitor, folder):
        self.monitor, self.path = monitor, Path(folder) / "picture"
        self.characters = glyph_characters()
        self.picture = b""

    def wait_until(self, holds, lines=LINES):
        """Waits until something holds of the first lines."""
        for _ in range(60):
            self.path.unlink(missing_ok=True)
            self.picture = screen_dump(self.monitor, self.path, len(HEADER) + 3 * WIDTH * HEIGHT)
            shown = screen_text(self.picture, self.characters, lines)
            if holds(shown):
                return
            time.sleep(0.2)
        raise AssertionError(f"the screen shows {shown}")

    def wait_for(self, wanted):
        """Waits until the screen begins with these lines."""
        self.wait_until(lambda shown: shown == wanted, len(wanted))


def press(monitor, *keys):
    for key in keys:
        monitor.sendall(f"sendkey {key}\n".encode())
        time.sleep(0.12)  # QEMU holds the key for 0.1 s


def starts(system):
    system.expect("serial: no port")
    system.expect("first: started")
    system.expect("second: started")


def passes(port):
    """More than all streams hold, at once."""
    text = b"".join(b"line %d of the text\n" % number for number in range(300))
    if read_exactly(port, len(FIRST_WORDS)) != FIRST_WORDS:
        raise AssertionError("the client's first words are others")
    port.sendall(text)
    if read_exactly(port, len(text)) != text.upper():
        raise AssertionError("other bytes came back")


def shows(port, screen):
    """The same text as on the serial port, with colours."""
    port.sendall(b"\x1b[2J\x1b[H~done")
    if read_exactly(port, 7 + 22 + 4) != b"\x1b[2J\x1b[H\x1b[1;31mred\x1b[0m plain\r\nDONE":
        raise AssertionError("other bytes came back")
    screen.wait_for(["red plain", "DONE"])
    red = cell_rows(screen.picture, 0, 0)[1]
    if not (red[0] > 100 and red[1] < 100 and red[2] < 100):
        raise AssertionError(f"the ink of what is to be red is {red}")


def keys(system, monitor, port, screen):
    """Keys go to the terminal that is shown, and make it as large as the screen."""
    press(monitor, "h", "shift-i", "1", "shift-1")
    if read_exactly(port, 4) != b"HI1!":
        raise AssertionError("other characters came")
    system.expect(rf"first: columns {COLUMNS}\r\nfirst: lines {LINES}\r")
    screen.wait_for(["red plain", "DONEHI1!"])
    press(monitor, "ctrl-c", "esc")
    system.expect("first: byte 3\r\nfirst: byte 27\r")
    read_exactly(port, 2)
    press(monitor, "caps_lock", "a", "caps_lock", "up")
    if read_exactly(port, 4) != b"A\x1b[A":
        raise AssertionError("other characters came")
    system.expect("first: byte 27\r")
    port.sendall(b"x")
    read_exactly(port, 1)
    system.expect("first: columns 0\r\nfirst: lines 0\r")


def switches(system, monitor, screen):
    """The second terminal has no serial port: its size is the screen's, and it is answered where its cursor is."""
    press(monitor, "alt-f2")
    screen.wait_for(["this is second", ""])
    press(monitor, "a", "shift-slash")
    system.expect("second: byte 27\r")
    screen.wait_for(["this is second", "A"])  # the answer is ESC [ 2 ; 2 R, which the client sends back: nothing to see
    press(monitor, "alt-f3", "alt-f1")
    screen.wait_for(["red plaiX"])  # it was typed where the cursor had gone up


def redraws(monitor, port, screen):
    """What was shown is there again when the console has been restarted."""
    press(monitor, "shift-6")
    port.sendall(b"m")
    if read_exactly(port, 1) != b"M":
        raise AssertionError("other characters came")
    press(monitor, "n")  # what is typed on the keyboard while the console is away is lost
    if read_exactly(port, 1) != b"N":
        raise AssertionError("other characters came")
    screen.wait_for(["red plaiXMN", "DONEHI1!"])


def terminals(checks):
    with tempfile.TemporaryDirectory() as folder:
        serial, monitor = Path(folder) / "serial", Path(folder) / "monitor"
        flags = ["-vga", "none", "-device", "bochs-display,addr=6", "-serial", serial_port(serial),
                 "-monitor", f"unix:{monitor},server=on,wait=off"]
        with Machine(system=SYSTEM, seconds=60, flags=flags) as system:
            with connected(serial) as port, connected(monitor) as commands:
                screen = Screen(commands, folder)
                if checks.run("terminals start", starts, system):
                    checks.run("bytes pass to the serial port and back", passes, port)
                    checks.run("the screen shows what is written", shows, port, screen)
                    checks.run("keys make bytes", keys, system, commands, port, screen)
                    checks.run("keys switch terminals", switches, system, commands, screen)
                    checks.run("the screen is drawn again after a restart", redraws, commands, port, screen)


FAULTS = 40


def numbers(first, count):
    return b"".join(b"<%d>" % (first + i) for i in range(count))


def answers(system, port):
    system.expect("first: started")
    port.sendall(b"z")
    wanted = FIRST_WORDS + b"Z"
    if read_exactly(port, len(wanted)) != wanted:
        raise AssertionError("other bytes came back")


def console_restarts(system, port):
    """All that is sent comes back, once and in order."""
    number, is_done = 0, False
    while not is_done:
        text = numbers(number, 50)
        port.sendall(text)
        got = read_exactly(port, len(text))
        if got != text:
            place = next(i for i in range(len(text)) if got[i] != text[i])
            raise AssertionError(f"after {number} numbers came {got[place:place + 20]}, not {text[place:place + 20]}")
        number += 50
        is_done = system.console.expect(["tester: console done", pexpect.TIMEOUT], timeout=0.001) == 0
    print(f"\nfigure {number} numbers came back over a terminal while the console was restarted {FAULTS} times")


def serial_restarts(system, port):
    """A restart loses or doubles at most the byte that is on its way between device and driver, in each direction."""
    sent, got, number, is_done = 0, b"", 0, False
    most_under_way = 2000 + 2 * FAULTS
    while not is_done:
        while sent - len(got) < most_under_way:
            text = numbers(number, 50)
            port.sendall(text)
            sent += len(text)
            number += 50
        got += receive(port)
        is_done = system.console.expect(["tester: serial done", pexpect.TIMEOUT], timeout=0.001) == 0
    port.sendall(b"=end=")
    while not got.endswith(b"=END="):
        got += receive(port)
    intact = [int(found) for found in re.findall(rb"<(\d+)>", got)]
    in_order = [found for found, following in zip(intact, [*intact[1:], number]) if found < following]
    if len(in_order) < number - 2 * FAULTS or abs(sent + 5 - len(got)) > 2 * FAULTS:
        raise AssertionError(f"of {sent} bytes came {len(got)}, of {number} numbers {len(in_order)}")
    print(f"\nfigure {len(in_order)} of {number} numbers came back while the serial port's driver was restarted {FAULTS} times")


def restarts(checks):
    with tempfile.TemporaryDirectory() as folder:
        serial = Path(folder) / "serial"
        with Machine(system=FAULTS_SYSTEM, seconds=60, flags=["-serial", serial_port(serial)]) as system:
            with connected(serial) as port:
                if not checks.run("the client answers", answers, system, port):
                    return
                if checks.run("the console's restarts lose nothing", console_restarts, system, port):
                    checks.run("the serial port's restarts lose a byte at most", serial_restarts, system, port)


def main():
    checks = Checks()
    checks.run("reading takes no more than asked for", leaves_the_rest)
    terminals(checks)
    restarts(checks)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
