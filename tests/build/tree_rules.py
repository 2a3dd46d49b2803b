#!/usr/bin/python3
"""The rules of the tree that a program can check: who includes whom, length of files, no unfinished marks, READMEs.

Includes point downwards: object and core -> hal -> lib -> abi. Only the architecture's own folder, its drivers and the
seam (hal) include machine/. User-level drivers, servers and personalities do not include each other.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

LONGEST_SOURCE = 900
# Exceptions to the include rule that are there now: the seam's functions take capabilities, and struct cpu holds the
# architecture's part of it. The number must not grow.
KNOWN_EXCEPTIONS = 2

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")  # spelt so that this line is none
ARCHITECTURE = re.compile(r"\b(x86|x86_64|amd64|aarch64|arm64|riscv|riscv64|__x86_64__|__aarch64__|__riscv)\b")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

# A file of the tree as documents name it; generated headers and placeholders are not in the tree.
NAMED_FILE = re.compile(r"`((?:abi|docs|kernel|sdk|systems|tests|third_party|tools|user)/[\w./-]+)`")
NOT_IN_TREE = re.compile(r"NAME|^abi/\w+\.h$|gen_config|^third_party/cache")

KERNEL_ALLOWED = {
    "lib": {"lib", "abi"},
    "hal": {"hal", "lib", "abi", "machine"},
    "object": {"object", "core", "hal", "lib", "abi"},
    "core": {"object", "core", "hal", "lib", "abi"},
}


def files_of_tree():
    """Every file but what was built or fetched, and version control's own."""
    left_out = (Path(".git"), Path("third_party/cache"), Path(os.environ.get("BUILD", "build")), Path("build"))
    return [path for path in Path(".").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
            and not any(path.is_relative_to(folder) for folder in left_out)]


def forbidden_includes(path, text):
    """Folders that the file may not include from."""
    parts = path.parts
    included = {Path(name).parts[0] for name in INCLUDE.findall(text) if len(Path(name).parts) > 1}
    if parts[0] == "kernel" and parts[1] in KERNEL_ALLOWED:
        return included - KERNEL_ALLOWED[parts[1]]
    if parts[:2] == ("user", "servers"):
        others = {name for name in INCLUDE.findall(text) if name.startswith("servers/") and Path(name).parts[1] != parts[2]}
        return included & {"drivers", "personality"} | others
    if parts[:2] == ("user", "drivers"):
        return included & {"servers", "personality"}
    return set()


def check_includes(sources):
    exceptions = Counter()
    for path, text in sources:
        for folder in forbidden_includes(path, text):
            exceptions[f"{path} -> {folder}"] += 1
    for name in sorted(exceptions):
        print(f"  {name}")
    count = sum(exceptions.values())
    print(f"figure exceptions to the include rule: {count} (known: {KNOWN_EXCEPTIONS})")
    return [] if count <= KNOWN_EXCEPTIONS else [f"{count} exceptions"]


def check_core_names_no_architecture(sources):
    return [str(path) for path, text in sources
            if path.parts[:2] in (("kernel", "core"), ("kernel", "object")) and ARCHITECTURE.search(COMMENT.sub("", text))]


def check_length(sources):
    return [f"{path} ({text.count(chr(10))} lines)" for path, text in sources if text.count("\n") > LONGEST_SOURCE]


def check_unfinished(sources):
    return [str(path) for path, text in sources if UNFINISHED.search(text)]


def check_readmes(files):
    folders = {Path(*path.parts[:depth]) for path in files for depth in (1, 2) if len(path.parts) > depth}
    return sorted(str(folder) for folder in folders
                  if not folder.name.startswith(".") and folder / "README.md" not in files
                  and any(path.parent == folder for path in files))


def check_named_files(files):
    documents = [path for path in files if path.suffix == ".md"]
    return sorted({f"{name} (in {path})" for path in documents for name in NAMED_FILE.findall(path.read_text())
                   if not NOT_IN_TREE.search(name) and not Path(name).exists()})


def main():
    files = files_of_tree()
    sources = [(path, path.read_text(errors="replace")) for path in files
               if path.suffix in (".c", ".h", ".S", ".py", ".sh", ".mk") or path.name == "Makefile"]
    status = 0
    for name, wrong in [("includes point downwards", check_includes(sources)),
                        ("the core names no architecture", check_core_names_no_architecture(sources)),
                        (f"no source is longer than {LONGEST_SOURCE} lines", check_length(sources)),
                        ("nothing is marked as unfinished", check_unfinished(sources)),
                        ("folders have a README", check_readmes(files)),
                        ("documents name files that are there", check_named_files(files))]:
        print(f"not ok {name}: {', '.join(wrong)}" if wrong else f"ok {name}", flush=True)
        status |= bool(wrong)
    return status


if __name__ == "__main__":
    sys.exit(main())
