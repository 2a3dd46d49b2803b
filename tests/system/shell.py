#!/usr/bin/python3
"""Boots to the shell's prompt and uses it over the serial line as a person would."""

import re
import sys
import time

from machine import CPU_MODELS, Checks, Machine

PROMPT = r"root@pecan:\S*# (?:\x1b\[6n)?"
CONTROL_C, CONTROL_D, CONTROL_Z = "\x03", "\x04", "\x1a"


def announced(command):
    """A line that runs the command and says so before: a key that sends a signal is not one while the shell still reads the line."""
    return f"sh -c 'echo be\"\"gun; exec {command}'"
UP, LEFT, BACKSPACE, TAB = "\x1b[A", "\x1b[D", "\x7f", "\t"


class Shell(Machine):
    """The root task's shell; ready for a command after construction."""

    def __init__(self, **machine):
        super().__init__(seconds=machine.pop("seconds", 120), **machine)
        self.expect(PROMPT, 60)
        self.output_of("stty cols 200")  # or the shell breaks long commands into lines

    def output_of(self, command, seconds=20):
        """Types a command and returns what it printed, without the echoed command and the next prompt."""
        self.type(command)
        self.expect(r"\r\n", 5)
        return self.rest(seconds)

    def rest(self, seconds=20):
        """What is printed until the next prompt."""
        self.expect(PROMPT, seconds)
        return re.sub(r"\r+\n", "\n", self.console.before)

    def recover(self):
        """Gets back to a prompt after a check that failed in the middle of something."""
        self.key(CONTROL_C)
        self.type("echo back at the ''prompt")
        self.expect("back at the prompt")
        self.rest()


def expect_output(shell, command, expected):
    output = shell.output_of(command)
    assert re.fullmatch(expected, output, re.DOTALL), f"{command!r} printed {output!r}"


# Each line: what is shown, the command, and a regular expression for the whole of what it prints.
COMMANDS = [
    ("echo", "echo hello world", "hello world\n"),
    ("pipe", "ls -l / | grep bin", r".* bin\n.* sbin\n"),
    ("loop and sort", "for i in 1 2 3; do echo $i; done | sort -r", "3\n2\n1\n"),
    ("long pipe", "seq 1 2000 | cat | grep 7 | wc -l", "542\n"),
    ("reader that stops early", "seq 1 100000 | head -n 2", "1\n2\n"),
    ("more in one write than the terminal has room for", "seq 1 4000 > /tmp/m; cat /tmp/m; rm /tmp/m",
     "".join(f"{number}\n" for number in range(1, 4001))),
    ("redirection", "echo one > /tmp/a; echo two >> /tmp/a; cat < /tmp/a", "one\ntwo\n"),
    ("error output", "ls /nowhere 2>/tmp/e; cat /tmp/e", "ls: /nowhere: No such file or directory\n"),
    ("status", "false; echo $?; true; echo $?; sh -c 'exit 42'; echo $?", "1\n0\n42\n"),
    ("command not found", "nowhere-to-be-found; echo $?", ".*not found\n127\n"),
    ("globbing", "cd /etc; echo p*; cd /", "passwd.*\n"),
    ("command substitution", "echo $(echo a; echo b) `echo c`", "a b c\n"),
    ("arithmetic", "echo $((6 * 7))", "42\n"),
    ("subshell", "(cd /etc; pwd); pwd", "/etc\n/\n"),
    ("function", "twice() { echo $1 $1; }; twice so", "so so\n"),
    ("files", "mkdir /tmp/d; cp /etc/passwd /tmp/d/p; mv /tmp/d/p /tmp/d/q; ls /tmp/d; rm -r /tmp/d; ls -d /tmp/d",
     "q\nls: /tmp/d: No such file or directory\n"),
    ("links", "ln -s /etc/passwd /tmp/l; readlink /tmp/l; head -c 4 /tmp/l; echo", "/etc/passwd\nroot\n"),
    ("same contents", "cp /bin/busybox /tmp/b; cmp /bin/busybox /tmp/b && echo same; rm /tmp/b", "same\n"),
    ("a copied program runs", "cp /bin/busybox /tmp/busybox; /tmp/busybox echo runs; rm /tmp/busybox", "runs\n"),
    ("background job", "sleep 1 & wait; echo done", r".*done\n.*"),
    ("processes", "ps", r"PID .*\n +1 .*\n.*sh\n.*ps.*\n"),
    ("memory", "grep -E '^Mem(Total|Free):' /proc/meminfo", r"MemTotal: +\d+ kB\nMemFree: +\d+ kB\n"),
    ("self", "ls -l /proc/self/exe", r".* -> /bin/.*\n"),
    ("many processes", "i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done; echo $i", "100\n"),
    ("environment", "A=b sh -c 'echo $A'; env | grep ^HOME", "b\nHOME=/.*\n"),
    ("awk and sed", "echo a b c | awk '{print $2}' | sed s/b/x/", "x\n"),
    ("find", "find /etc -name 'pass*'", "/etc/passwd\n"),
    ("no such system call leaves a status", "mount -t nothing none /tmp; echo $?", r".*\n[1-9]\d*\n"),
]


def here_document(shell):
    shell.type("cat <<END")
    shell.expect("> ")
    shell.type("sum $((1+2))")
    shell.expect("> ")
    output = shell.output_of("END")
    assert output == "sum 3\n", output


def interrupt(shell):
    shell.type(announced("sleep 100"))
    shell.expect("begun")
    shell.key(CONTROL_C)
    shell.rest()
    expect_output(shell, "echo $?", "130\n")


def stop_and_continue(shell):
    shell.type(announced("sleep 4"))
    shell.expect("begun")
    shell.key(CONTROL_Z)
    shell.expect("Stopped", 5)
    shell.rest()
    assert "sleep 4" in shell.output_of("fg")


def line_editing(shell):
    shell.key("echo wxrong" + LEFT * 4 + BACKSPACE)
    output = shell.output_of("")
    assert output == "wrong\n", output


def history(shell):
    shell.output_of("echo first-line")
    shell.key(UP)
    assert shell.output_of("") == "first-line\n"


def completion(shell):
    shell.key("cat /etc/hostn" + TAB)
    output = shell.output_of("")
    assert output.strip() == "pecan", repr(output)


def jobs_and_kill(shell):
    listing = shell.output_of("sleep 100 & ps")
    # It is called exe until it has given itself its name.
    assert re.search(r"\d+ root +(\{exe\} )?sleep 100", listing), listing
    said = shell.output_of("kill %1") + shell.output_of("sleep 1") + shell.output_of("true")
    assert "Terminated" in said, said
    assert "sleep 100" not in shell.output_of("ps")


def clock(shell):
    before = time.time()
    seconds = int(shell.output_of("date +%s"))
    assert abs(seconds - before) < 5, f"off by {seconds - before} s"
    assert shell.output_of("a=$(date +%s); sleep 3; echo $(($(date +%s) - a))").strip() in ("3", "4")
    assert 2.5 < time.time() - before < 9


def status_of(command, expected, **machine):
    """The shell ends with `command`; so does make run."""
    with Shell(**machine) as shell:
        shell.type(command)
        status = shell.end(20)
    assert status == expected, f"status {status}, not {expected}"


def end_of_input():
    with Shell() as shell:
        expect_output(shell, "false", "")
        shell.key(CONTROL_D)
        status = shell.end(20)
    assert status == 1, f"status {status}"


def boots_to_prompt(**machine):
    with Shell(**machine) as shell:
        expect_output(shell, "ls / | grep bin", "bin\nsbin\n")
        shell.type("poweroff")
        assert shell.end(20) == 0


def use_one_boot(checks, shell):
    for name, command, expected in COMMANDS:
        if not checks.run(name, expect_output, shell, command, expected):
            shell.recover()
    for name, check in [("here-document", here_document), ("Ctrl-C", interrupt), ("Ctrl-Z", stop_and_continue),
                        ("line editing", line_editing), ("history", history), ("completion", completion),
                        ("job, ps and kill", jobs_and_kill), ("date and sleep", clock)]:
        if not checks.run(name, check, shell):
            shell.recover()


def main():
    checks = Checks()
    with Shell(seconds=300) as shell:
        use_one_boot(checks, shell)
    for variant in "debug", "release":
        for cpu in CPU_MODELS:
            checks.run(f"prompt on {cpu}, {variant}", boots_to_prompt, cpu=cpu, variant=variant)
    for mem in "64M", "3G", "6G":
        checks.run(f"prompt with {mem}", boots_to_prompt, mem=mem)
    checks.run("exit status", status_of, "exit 7", 7)
    checks.run("reboot", status_of, "reboot", 0)
    checks.run("end of input", end_of_input)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
