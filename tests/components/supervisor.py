#!/usr/bin/python3
"""The supervisor's console on the second serial port, its commands from a program, named services, logs read by calls."""

import base64
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from console import connected, receive  # noqa: E402
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "supervisor" / "debug"
PROMPT = "pecan> "
COMPONENTS = ["serial1", "supervisor", "log", "names", "worker", "client"]


class Console:
    """Types on the port and reads what is shown."""

    def __init__(self, port):
        self.port = port
        self.text = ""

    def expect(self, pattern):
        """Waits for a pattern, and drops everything up to its end."""
        while not (match := re.search(pattern, self.text)):
            self.text += receive(self.port).decode("ascii")
        self.text = self.text[match.end():]
        return match

    def until(self, end):
        """Waits for a text, and returns what came before it: that may be long, so it is looked at once."""
        looked_at = 0
        while (found := self.text.find(end, looked_at)) < 0:
            looked_at = max(0, len(self.text) - len(end))
            self.text += receive(self.port).decode("ascii")
        before, self.text = self.text[:found], self.text[found + len(end):]
        return before

    def type(self, keys):
        self.port.sendall(keys.encode())

    def run(self, line, shown=None):
        """What a command says, by lines; `shown`: what of the keys is seen, if not all."""
        self.type(line + "\r")
        self.expect(re.escape(shown or line) + r"(\x1b\[K)?\r\n")
        return self.until("\r" + PROMPT).replace("\r\n", "\n").splitlines()

    def ps(self, name):
        """The columns of a component: state, restarts, last failure, ..."""
        lines = self.run("ps")
        assert [line.split()[0] for line in lines] == ["COMPONENT"] + COMPONENTS, lines
        words = next(line for line in lines if line.split()[0] == name).split(None, 11)
        names = "name state priority restarts cpu private shared served wakes calls notifies failure".split()
        return dict(zip(names, words))


def client_passes(console):
    """What a program says of its own checks is in its log."""
    console.type("\r")
    console.expect("Pecan's supervisor.*\r\n")
    console.expect(PROMPT)
    console.expect(PROMPT)
    for _ in range(200):
        lines = console.run("log client 100")
        if any(re.search(r"client: \d+ passed", line) for line in lines):
            break
        time.sleep(0.05)
    assert re.search(r"client: \d+ passed, 0 failed", "\n".join(lines)), lines


def begins(console):
    lines = console.run("help")
    assert len(lines) > 10 and any("kill" in line for line in lines), lines
    worker = console.ps("worker")
    assert worker["state"] == "runs" and worker["priority"] == "150" and int(worker["served"]) >= 1, worker


def outage(console, name):
    """The columns of `outages`: restarts, out since, back since, counts away."""
    words = next(line for line in console.run("outages") if line.split()[0] == name).split(None, 5)
    return int(words[2]), int(words[3]), int(words[4]), words[5].strip()


def is_back(console, name):
    """Waits until the component has begun its work again: it runs some time before."""
    for _ in range(200):
        columns = outage(console, name)
        if columns[3] != "is away":
            return columns
        time.sleep(0.05)
    raise AssertionError(f"{name} is away: {columns}")


def outages(console):
    """A hang is away longer than its heartbeat, a kill as long as the restart takes, and what init has is the same after both."""
    assert outage(console, "log")[3] == "-", outage(console, "log")
    memory = console.run("memory")
    before, times = outage(console, "worker"), []
    for number, what in enumerate(("kill", "hang"), 1):
        console.run(f"{what} worker")
        waits_for(console, "worker", before[0] + number, "killed" if what == "kill" else "no heartbeat")
        restarts, out, back, away = is_back(console, "worker")
        assert restarts == before[0] + number and out > before[1] and back > out and int(away) == back - out, (what, away)
        times.append(int(away))
    assert times[0] < times[1], times
    assert re.fullmatch(r"\d+ bytes free, \d+ capability slots in use, \d+ bytes left in components", memory[0]), memory
    assert console.run("memory") == memory


def waits_for(console, name, restarts, failure):
    """The component runs again, and was restarted so often."""
    for _ in range(200):
        line = console.ps(name)
        if line["state"] == "runs" and int(line["restarts"]) == restarts:
            assert line["failure"].strip() == failure, line
            return
        time.sleep(0.05)
    raise AssertionError(f"{name}: {line}")


def faults(console):
    restarts = int(console.ps("worker")["restarts"])
    assert console.run("kill worker") == []
    waits_for(console, "worker", restarts + 1, "killed")
    assert console.run("hang worker") == []
    waits_for(console, "worker", restarts + 2, "no heartbeat")
    assert console.run("corrupt worker 12") == ["seed 12"]
    assert console.run("restart worker") == []
    assert console.run("stop worker") == []
    assert console.ps("worker")["state"] == "stopped"
    assert console.run("kill worker") == ["worker: it does not run"]
    assert console.run("start worker") == []
    assert console.ps("worker")["state"] == "runs"
    lines = console.run("hang client")
    assert lines == ["client: it has no heartbeat: nobody would find it hanging"], lines


def drivers(console):
    """The console survives the restart of its own driver, and its own."""
    console.type("kill serial1\r")
    waits_for(console, "serial1", 1, "killed")
    console.type("kill supervisor\r")
    console.expect("Pecan's supervisor.*\r\n")
    console.expect(PROMPT)
    waits_for(console, "supervisor", 2, "killed")


def errors(console):
    for line, pattern in (("frobnicate", "there is no command 'frobnicate'"), ("kill", "usage: kill NAME"),
                          ("kill nobody", "there is no component 'nobody'"), ("log nobody", "there is no log of 'nobody'"),
                          ("update worker file", "no file is looked for here"), ("update", "usage: update NAME"),
                          ("update nobody", "there is no component"), ("corrupt worker x", "the seed 'x' is no number"),
                          ("graph png", "text, dot or svg, not 'png'"), ("ps x", "usage: ps")):
        answer = console.run(line)
        assert len(answer) == 1 and pattern in answer[0], answer


def log_time(line):
    return float(re.match(r"\[ *(\d+\.\d+)\]", line)[1])


def logs(console):
    lines = []
    for _ in range(100):  # what it says after its start may be under way
        if any("begins" in line for line in lines):
            break
        lines = console.run("log worker 1")
    assert len(lines) == 1 and re.fullmatch(r"\[ *\d+\.\d{6}\] worker 1 begins", lines[0]), lines
    times = [log_time(line) for line in console.run("log init 1000")]
    assert len(times) > 8 and times == sorted(times), times
    assert any(re.search("worker failed: no heartbeat, at rip 0x[0-9a-f]{6,}$", line) for line in console.run("log init"))


def pictures(console):
    lines = console.run("graph")
    assert "client" in lines and any(re.match(r" +5 calls, notifies +worker \(0\), service work", line) for line in lines), lines
    lines = console.run("graph dot")
    assert lines[0] == "digraph system {" and lines[-1] == "}" and '  "serial1" -> "supervisor" [style=dashed];' in lines, lines
    assert console.run("graph svg")[-1] == "</svg>"
    assert "work             worker (runs) <- client (runs)" in console.run("services")


def keys(console):
    """Completion, history, moving and erasing."""
    console.type("kil\tsup\t")
    console.expect(r"kill supervisor ")
    console.type("\x15log wo\tx\x1712\x1b[D\x1b[3~\r")
    console.expect(r"worker 1 begins\r\n\r" + PROMPT)
    console.type("\x1b[A")
    console.expect("log worker 1")
    console.type("\x03")
    console.expect(r"\^C\r\n\r" + PROMPT)
    console.type("s\t")
    console.expect("stop  start  services")
    console.type("\x15")
    console.expect(PROMPT)


def check_timeline(events):
    """What Perfetto relies on: times ascend in each thread, and what begins ends, the last begun first. Returns the spans."""
    spans, stacks, last = [], {}, {}
    for event in events:
        thread = event["pid"], event["tid"]
        if event["ph"] == "M":
            continue
        assert event["ts"] >= last.get(thread, 0), event
        last[thread] = event["ts"]
        if event["ph"] == "B":
            stacks.setdefault(thread, []).append(event)
        elif event["ph"] == "E":
            begin = stacks[thread].pop()
            spans.append((thread, begin["name"], begin["ts"], event["ts"], len(stacks[thread])))
        elif event["ph"] == "X":
            last[thread] = round(event["ts"] + event["dur"], 3)
            spans.append((thread, event["name"], event["ts"], last[thread], 0))
        else:
            assert event["ph"] == "i" and event["name"], event
    assert not any(stacks.values()), stacks
    return spans


def switches(threads, spans, calls):
    """What the kernel noted of the calls: the client runs, makes a Call, the worker runs, answers, the client runs again."""
    runs = [span for span in spans if span[0] == threads["processor"]]
    entries = [span for span in spans if span[0] == threads["kernel"]]
    assert {name for _, name, *_ in runs} >= {"client", "worker", "supervisor", "init"}, runs
    assert any(name.startswith("interrupt ") for _, name, *_ in entries), entries

    def running(time):
        return next((name for _, name, begin, end, _ in runs if begin <= time <= end), None)

    def between(begin, end):
        return [name for _, name, start, *_ in entries if begin <= start <= end]
    assert any(running(call[2]) == "client" and "Call" in between(call[2], served[2]) and running(served[2]) == "worker" and
               "ReplyRecv" in between(served[3], call[3]) and running(call[3]) == "client" for call, served in calls), (runs, calls)


def answers_again(console):
    """Waits until the worker that was killed is started again, has begun, and its client's call has returned, by the times in the logs of the three
    who say so. What the console shows while all is traced is traced too: few words."""
    for _ in range(200):
        lines = [line for name in ("init", "worker", "client") for line in console.run(f"log {name} 1")]
        if (len(lines) == 3 and "worker starts again" in lines[0] and lines[2].endswith("the worker answers") and
                log_time(lines[0]) < log_time(lines[1]) < log_time(lines[2])):
            return
        time.sleep(0.05)
    raise AssertionError(f"the worker does not answer: {lines}")


def timeline(console):
    answers_again(console)
    assert console.run("trace start") == []
    assert console.run("kill worker") == []
    answers_again(console)
    trace = json.loads("\n".join(console.run("trace stop")))
    events = trace["traceEvents"]
    threads = {event["args"]["name"]: (event["pid"], event["tid"]) for event in events if event["ph"] == "M"}
    assert set(threads) == {*COMPONENTS, "init", "processor", "kernel"}, threads
    spans = check_timeline(events)
    client, worker = threads["client"], threads["worker"]
    assert any(thread == worker and name == "init" for thread, name, *_ in spans), spans
    # The worker may be killed in the middle of a call: at least its successor's is whole.
    def named(thread, name):
        return [span for span in spans if span[:2] == (thread, name)]
    calls = [(call, served) for heard in named(client, "notified by worker") for call in named(client, "calls worker")
             for served in named(worker, "called by client")
             if heard[2] <= call[2] <= served[2] <= served[3] <= call[3] <= heard[3] and call[4] == heard[4] + 1]
    assert calls, spans
    assert any((event["pid"], event["tid"]) == threads["init"] and "worker failed: killed" in event["name"]
               for event in events if event["ph"] == "i"), events
    switches(threads, spans, calls)
    assert console.run("trace stop") == ["no trace has been started"]


def make_update():
    """A worker that says something else when it begins."""
    components = OUT / "components/debug"
    with tempfile.TemporaryDirectory() as folder:
        program = (components / "supervised_worker.elf").read_bytes()
        assert program.count(b" begins\n") == 1
        (Path(folder) / "supervised_worker.elf").write_bytes(program.replace(b" begins\n", b" is new\n"))
        update = Path(folder) / "worker.update"
        subprocess.run([OUT / "sdk/bin/pecan", "update", Path(__file__).parent / "supervisor/supervisor.system", "--domain", "worker",
                        "--search-path", folder, components, "--board", "x86_64_generic", "--config", "debug", "-o", update],
                       check=True, stdout=subprocess.DEVNULL)
        return update.read_bytes()


def type_update(console, text):
    """Begins an update of the worker, types the text, and says what was answered."""
    return console.run("update worker\n" + text, "update worker")[1:]


def updates(console):
    """The file is typed, at once: faster than the port is."""
    update = make_update()
    text = base64.encodebytes(update).decode()
    before = console.ps("worker")
    halves = text[:len(text) // 2], text[len(text) // 2:]
    for bad, answer in ((text + "?\n", "not base64"), (text[:78] + "\n", "within a group of four"), (halves[0] + "=" + halves[1], "refused: "),
                        (text[:77] + text[154:], "no update of this component"), (base64.encodebytes(bytes(0x8001)).decode(), "longer than"),
                        ("", "nothing in it"), ("kill worker\n", "not base64")):
        lines = type_update(console, bad + ".\n")
        assert len(lines) in (1, 2) and answer in lines[0], (lines, answer)
    console.type("update worker\r" + halves[0])
    console.expect(r"type the file[^\n]*\n")
    console.type("\x03")
    assert console.until("\r" + PROMPT) == "^C\r\n"
    assert console.ps("worker")["restarts"] == before["restarts"]
    assert type_update(console, text + ".\n") == []
    for _ in range(200):
        lines = console.run("log worker 1")
        if lines and lines[0].endswith("worker 1 is new"):
            break
        time.sleep(0.05)
    assert lines and lines[0].endswith("worker 1 is new"), lines
    assert int(console.ps("worker")["restarts"]) == int(before["restarts"]) + 1
    console.type("\x1b[A\x1b[A\x1b[A")
    console.expect("update worker")  # the line before the log and ps: the file is not among the lines kept
    console.type("\x15")
    console.expect(PROMPT)


def top(console):
    console.type("top\r")
    console.expect(r"COMPONENT +STATE +CPU")
    console.expect(r"worker +runs")
    console.type(" ")
    console.expect(r"worker +runs +\d+\.\d%")
    console.type("q")
    console.expect(PROMPT)
    assert console.run("kill worker") == []


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        serial = Path(folder) / "serial"
        flags = ["-serial", f"unix:{serial},server=on,wait=on"]
        with Machine(system=SYSTEM, seconds=100, flags=flags), connected(serial) as port:
            console = Console(port)
            for name, check in (("a program's commands, services and logs", client_passes), ("the console answers", begins),
                                ("faults on purpose", faults), ("outages", outages), ("errors", errors), ("logs", logs), ("graph and services", pictures), ("keys", keys), ("top", top), ("a timeline", timeline), ("updates", updates),
                                ("the console comes back", drivers)):
                checks.run(name, check, console)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
