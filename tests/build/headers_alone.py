#!/usr/bin/python3
"""Every header of the kernel, of the user library, of the generated include trees and of the SDK compiles alone."""

import os
import subprocess
import sys
from pathlib import Path

GENERATED = Path(os.environ["OUT"]) / "debug" / "gen"
SDK = Path(os.environ["OUT"]) / "sdk/board/x86_64_generic/debug/include"
ARCH = os.environ["ARCH"]
COMPILE = [os.environ["CC"], "-std=c17", "-ffreestanding", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c", "-"]
KERNEL_FLAGS = ["-DPECAN_DEBUG=1", "-mgeneral-regs-only", "-Ikernel", f"-Ikernel/arch/{ARCH}", f"-I{GENERATED}/kernel"]
# What components in these folders are linked with, as the build names their objects.
LIBRARIES = {"user/servers/fs": "libext2fs-libc"}
USER_FLAGS = ["-DHAVE_AUTOCONF", "-I.", "-Iuser", "-Iuser/microkit/include", f"-I{GENERATED}/user/include"]


def headers(folder):
    """All but tables made to be included many times, other architectures', and those the generated tree holds a copy of."""
    def is_left_out(path):
        return ("#pragma once" not in path.read_text() or "skeleton" in path.parts
                or path.parts[:2] == ("user", "lib") and "include" in path.parts)

    return sorted(path for path in Path(folder).rglob("*.h") if not is_left_out(path))


def library_flags(path):
    """Those with which the build compiles the sources beside this header, if they use libraries."""
    libraries = LIBRARIES.get(str(path.parent))
    if not libraries:
        return []
    _, *flags = Path(os.environ["OUT"], "components", "debug", f"obj-{libraries}.flags").read_text().split()
    return [flag for flag in flags if flag not in ("-MMD", "-MP")]


def compiles_alone(path, flags):
    name, flags = os.path.abspath(path), flags + library_flags(path)
    source = f'#include "{name}"\n'
    result = subprocess.run(COMPILE + flags, input=source, capture_output=True, text=True)
    print(result.stderr, end="")
    return result.returncode == 0


def main():
    groups = [("kernel", KERNEL_FLAGS), (GENERATED / "kernel", KERNEL_FLAGS), ("user", USER_FLAGS),
              (GENERATED / "user/include", USER_FLAGS), (SDK, [f"-I{SDK}"])]
    failed = 0
    for folder, flags in groups:
        bad = [name for name in headers(folder) if not compiles_alone(name, flags)]
        failed += bool(bad)
        print(f"not ok headers of {folder}: {' '.join(map(str, bad))}" if bad else f"ok headers of {folder}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
