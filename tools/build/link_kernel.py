"""Links a kernel that carries a table of its own functions' names (kernel/lib/symbols.h), for backtraces.

usage: link_kernel.py [--symbols] OUTPUT COMPILER ARGUMENT...      without --symbols the table is empty

The table changes the addresses it lists, so the kernel is linked three times: without names, with a table of the
final size, and with the final table.
"""

import subprocess
import sys
from pathlib import Path


def functions_of(kernel):
    """(address, name) of each function, ascending; of several names for one address the first.

    Of the linker script's names (ki_...) only the end of the code stays, so that data is not taken for the last function.
    """
    listing = subprocess.run(["nm", "-n", "--defined-only", kernel], check=True, capture_output=True, text=True).stdout
    named = {}
    for line in listing.splitlines():
        address, kind, name = line.split()
        if kind in "Tt" and (not name.startswith("ki_") or name == "ki_text_end"):
            named.setdefault(int(address, 16), name)
    return sorted(named.items())


def write_table(path, functions):
    lines = ['.section .rodata.symbols, "a"', ".globl kernel_symbols, kernel_symbol_count", ".balign 8",
             f"kernel_symbol_count: .quad {len(functions)}", "kernel_symbols:"]
    lines += [f"    .quad {address:#x}, .Lname_{index}" for index, (address, _) in enumerate(functions)]
    lines += [f'.Lname_{index}: .asciz "{name}"' for index, (_, name) in enumerate(functions)]
    lines += ['.section .note.GNU-stack, "", %progbits']
    path.write_text("\n".join(lines) + "\n")


def main():
    arguments = sys.argv[1:]
    with_symbols = arguments[0] == "--symbols"
    output, *link = arguments[1:] if with_symbols else arguments
    table = Path(output).with_suffix(".symbols.S")
    functions = []
    for _ in range(3 if with_symbols else 1):
        write_table(table, functions)
        subprocess.run([*link, "-fno-pic", str(table), "-o", output], check=True)
        functions = functions_of(output) if with_symbols else []


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
