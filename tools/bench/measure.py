"""Boots the benchmark root task and collects what it cost."""

import json
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools" / "plugins"))
import elf_file  # noqa: E402

TABLE = "operation_ticks"
ROW_BYTES = 64 * 8  # of tests/bench/bench.h: ROUNDS samples of 8 bytes
ROWS = 160  # MAX_OPERATIONS
LINE_BYTES = 64
CPU = "haswell"
# The real-time clock goes by the machine's time, not by the host's: the same in every run.
CLOCK = ["-rtc", "base=2020-01-01,clock=vm"]
SECONDS = 300
OPERATION = re.compile(r"^operation (\S+) (\d+) (\d+)\s*$")
# The rows of a kernel without fast paths that have a name of their own among those of the kernel with them.
SLOW_PATH_NAMES = {"call_0_other_as": "call_0_slowpath", "replyrecv_0_other_as": "replyrecv_0_slowpath"}
PAIR = ("call_0_other_as", "replyrecv_0_other_as")


class MeasureError(Exception):
    """The benchmark did not run to its end, or printed what cannot be right."""


def parse_output(text):
    """{name: {median, max}} of the program's lines, in their order."""
    operations = {}
    for line in text.splitlines():
        if match := OPERATION.match(line):
            if match[1] in operations:
                raise MeasureError(f"operation {match[1]} is printed twice")
            operations[match[1]] = {"median": int(match[2]), "max": int(match[3])}
    if "bench ends" not in text:
        last = text.strip().splitlines()[-1:] or ["nothing"]
        raise MeasureError(f"the benchmark did not end; its last line: {last[0]}")
    return operations


def parse_paths(text):
    """{row: {kernel, special, code, data, path}} of the plugin's result.

    code and data: the first address touched in each line; path: the addresses of the first instructions, in order.
    """
    rows = {}
    for line in text.splitlines():
        word, row, *rest = line.split()
        entry = rows.setdefault(int(row), {})
        if word == "span":
            counts = dict(zip(rest[::2], map(int, rest[1::2])))
            entry["kernel"] = counts.pop("instructions")
            entry["special"] = counts
        elif word == "path":
            entry[word] = [int(address, 0) for address in rest]
        else:
            entry[word] = {int(address, 0) // LINE_BYTES: int(address, 0) for address in rest}
    return rows


def boot(folder, output, plugin):
    """Runs the benchmark of a variant's folder; returns (its operations, the plugin's rows)."""
    table = elf_file.ElfFile(folder / "bench.elf").symbol(TABLE)
    output.unlink(missing_ok=True)
    flags = ["-plugin", f"{plugin.resolve()},table={table:#x},rows={ROWS},row={ROW_BYTES},output={output.resolve()}"]
    command = [TOP / "tools/run/boot", "--kernel", folder / "kernel32.elf", "--module", folder / "bench.elf", "--cpu", CPU,
               "--icount", "--timeout", str(SECONDS), "--", *CLOCK, *flags]
    process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    operations = parse_output(process.stdout)
    if process.returncode:
        raise MeasureError(f"the machine ended with status {process.returncode}")
    (output.parent / "operations.json").write_text(json.dumps(operations))
    return operations, parse_paths(output.read_text())


def combine(operations, rows):
    """Operations with what the plugin saw of each: its rows are in the order of the program's lines."""
    for row, entry in enumerate(operations.values()):
        if row in rows:
            seen = rows[row]
            entry.update(kernel=seen["kernel"], special=seen["special"], code_lines=len(seen["code"]),
                         data_lines=len(seen["data"]))
    return operations


def pair_lines(operations, rows):
    """Lines of kernel code and data that a Call and the ReplyRecv that answers it touch together, as parse_paths gives them."""
    call, reply = (rows[list(operations).index(name)] for name in PAIR)
    return {f"{kind}_lines": reply[kind] | call[kind] for kind in ("code", "data")}


def lines_by_function(addresses, kernel):
    """How many of the lines were touched first in which function."""
    elf = elf_file.ElfFile(kernel)
    functions = {}
    for address in addresses:
        name = elf.name_of(address).split("+")[0]
        functions[name] = functions.get(name, 0) + 1
    return functions


def path_of(folder, name):
    """(function, address, instructions) of each stretch within one function, in the order of execution."""
    names = list(json.loads((folder / "operations.json").read_text()))
    path = parse_paths((folder / "paths").read_text())[names.index(name)]["path"]
    elf = elf_file.ElfFile(folder / "kernel.elf")
    stretches = []
    for address in path:
        function = elf.name_of(address).split("+")[0]
        if stretches and stretches[-1][0] == function:
            stretches[-1][2] += 1
        else:
            stretches.append([function, address, 1])
    return stretches


def measure(out, build):
    """The whole result, as results.json holds it."""
    plugin = build / "plugins" / "kernel_paths.so"
    operations, rows = boot(out / "bench", out / "bench" / "paths", plugin)
    slow, slow_rows = boot(out / "bench_slow", out / "bench_slow" / "paths", plugin)
    pair = pair_lines(operations, rows)
    functions = lines_by_function(pair["code_lines"].values(), out / "bench" / "kernel.elf")
    combine(operations, rows)
    combine(slow, slow_rows)
    for name, slow_name in SLOW_PATH_NAMES.items():
        operations[slow_name] = dict(slow[name])
    return {
        "unit": "instructions (time-stamp ticks under -icount shift=0), user stub included, empty measurement subtracted",
        "cpu": CPU,
        "operations": operations,
        "without_fast_paths": slow,
        "call_and_reply": {"code_lines": len(pair["code_lines"]), "data_lines": len(pair["data_lines"]),
                           "code_lines_by_function": functions},
    }
