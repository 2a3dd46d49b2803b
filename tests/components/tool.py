#!/usr/bin/python3
"""The tool `pecan`, compiled with sanitizers: every wrong description is refused with its place, damaged files too, and
reports, images and exit statuses are what the documents say."""

import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/system"))
from errors import ACCEPTED, CASES  # noqa: E402
from machine import OUT, Checks  # noqa: E402

SDK = OUT.resolve() / "sdk"
TOOL = Path(os.environ["BUILD"]).resolve() / "host/pecan-checked"
SYSTEMS = OUT.resolve() / "systems"
ENVIRONMENT = {"PATH": os.environ["PATH"], "MICROKIT_SDK": str(SDK), "ASAN_OPTIONS": "detect_leaks=0"}
DAMAGED_FILES = 100


def pecan(folder, *words, **environment):
    """Runs the tool in a folder; a sanitizer's report is a failure of its own."""
    result = subprocess.run([TOOL, *map(str, words)], cwd=folder, env=ENVIRONMENT | environment, capture_output=True,
                            text=True, errors="replace", timeout=60)
    assert "Sanitizer" not in result.stderr and "runtime error" not in result.stderr, result.stderr
    return result


def build(folder, name="wrong.system"):
    return pecan(folder, "build", name, "--search-path", folder, "-o", "image")


def patch_program(folder, name, *patches):
    """A copy of hello.elf in which fields are different: (offset, format of struct, value)."""
    program = bytearray((folder / "hello.elf").read_bytes())
    for offset, form, value in patches:
        struct.pack_into(form, program, offset, value)
    (folder / name).write_bytes(program)


def patch_programs(folder):
    """Programs with one thing wrong in the file's header (ELF64: e_machine at 18, e_entry 24, e_phnum 56), or in the headers of its
    first two segments, which are loaded (from 64 on, 56 bytes each: p_type at 0, p_offset 8, p_vaddr 16, p_filesz 32, p_memsz 40)."""
    first, second = 64, 64 + 56
    program = (folder / "hello.elf").read_bytes()
    start, data = (struct.unpack_from("<Q", program, segment + 16)[0] for segment in (first, second))
    patch_program(folder, "big_endian.elf", (5, "B", 2))
    patch_program(folder, "other_machine.elf", (18, "<H", 183))
    patch_program(folder, "no_headers.elf", (56, "<H", 0))
    patch_program(folder, "headers_outside.elf", (56, "<H", 0xfff0))
    patch_program(folder, "nothing_to_load.elf", (first, "<I", 0), (second, "<I", 0))
    patch_program(folder, "interpreter.elf", (first, "<I", 3))
    patch_program(folder, "overlapping.elf", (second + 16, "<Q", start + 1))
    patch_program(folder, "larger_in_file.elf", (first + 40, "<Q", 1))
    patch_program(folder, "outside_file.elf", (first + 8, "<Q", len(program)))
    patch_program(folder, "outside_file_2.elf", (first + 8, "<Q", 2**64 - 16))
    patch_program(folder, "too_high.elf", (second + 16, "<Q", 2**64 - 4096))
    patch_program(folder, "too_large.elf", (second + 40, "<Q", 1 << 30))
    patch_program(folder, "no_entry.elf", (24, "<Q", start - 1))
    patch_program(folder, "moved.elf", (second + 16, "<Q", data + 0x100000))


def prepare(folder):
    """Programs and files that the descriptions name."""
    shutil.copy(SYSTEMS / "hello/debug/hello.elf", folder)
    shutil.copy(SYSTEMS / "hello/debug/hello.o", folder)
    subprocess.run(["objcopy", "--strip-all", "hello.elf", "stripped.elf"], cwd=folder, check=True)
    subprocess.run(["objcopy", "--add-symbol", "init=.text:0,global", "hello.elf", "ambiguous.elf"], cwd=folder, check=True)
    patch_programs(folder)
    for name in "sel4.elf", "sel4_32.elf", "initialiser.elf":
        shutil.copy(SDK / "board/x86_64_generic/debug/elf" / name, folder)
    (folder / "empty").write_bytes(b"")
    (folder / "large").write_bytes(b"x" * 0x1001)


def says(folder, text, error):
    """The tool ends with the error, and without an image; or accepts the description."""
    (folder / "wrong.system").write_text(text)
    (folder / "image").unlink(missing_ok=True)
    result = build(folder)
    if error == ACCEPTED:
        assert result.returncode == 0 and (folder / "image").exists(), result.stderr
        return
    assert result.returncode == 1, f"status {result.returncode}"
    assert re.fullmatch(f"Error: {error}\n", result.stderr), f"{result.stderr!r} is not {error!r}"
    assert not (folder / "image").exists(), "an image was written"


def damaged(folder, seed):
    """Bytes of a description or a program are changed: the tool says so, or builds something, and never fails itself."""
    chance = random.Random(seed)
    good = (TOP / "tests/components/restart/restart.system").read_bytes()
    program = (SYSTEMS / "restart/debug/server.elf").read_bytes()
    for name in "tester", "parent", "child", "caller":
        shutil.copy(SYSTEMS / f"restart/debug/{name}.elf", folder)
    for _ in range(DAMAGED_FILES):
        files = [bytearray(good), bytearray(program)]
        victim = files[chance.randrange(2)]
        # The start of an ELF file is what is read most.
        span = len(victim) if chance.random() < 0.5 else min(len(victim), 512)
        for _ in range(chance.randint(1, 4)):
            victim[chance.randrange(span)] = chance.choice([0, 0xff, ord('"'), ord("9"), chance.randrange(256)])
        if chance.random() < 0.1:
            del victim[chance.randrange(len(victim)):]
        (folder / "damaged.system").write_bytes(files[0])
        (folder / "server.elf").write_bytes(files[1])
        result = build(folder, "damaged.system")
        assert result.returncode in (0, 1), f"status {result.returncode}: {result.stderr}"
        assert (result.returncode == 1) == result.stderr.startswith("Error: "), result.stderr


def report_is_golden(folder):
    shutil.copy(TOP / "tests/components/golden.system", folder)
    result = build(folder, "golden.system")
    assert result.returncode == 0, result.stderr
    report = (folder / "report.txt").read_text()
    golden = (TOP / "tests/components/golden.txt").read_text()
    assert report == golden, f"the report is not tests/components/golden.txt:\n{report}"
    for name in "image", "sel4.elf", "sel4_32.elf":
        assert (folder / name).stat().st_size > 0
    (folder / "image").unlink()


def is_repeatable(folder):
    shutil.copy(TOP / "tests/components/golden.system", folder)
    images = []
    for _ in range(2):
        assert build(folder, "golden.system").returncode == 0
        images.append((folder / "image").read_bytes())
    assert images[0] == images[1]


def graph_shows_everything(folder):
    """The drawing is well-formed, shows every domain and region once, and each right as a line."""
    svg = "{http://www.w3.org/2000/svg}"
    result = pecan(folder, "graph", TOP / "tests/components/golden.system", "--search-path", folder)
    assert result.returncode == 0, result.stderr
    drawing = ElementTree.fromstring(result.stdout)
    count = Counter(element.get("class") for element in drawing.iter() if element.tag in (f"{svg}rect", f"{svg}path"))
    legend = 1
    assert count["domain"] == 3 and count["region"] == 6, count
    assert count["call"] == 2 + legend and count["notify"] == 1 + legend and count["notify mutual"] == 1, count
    assert count["map"] == 7 + legend and count["dma"] == 2 + legend and count["child"] == 1 + legend, count
    texts = {element.text for element in drawing.iter(f"{svg}text")}
    assert {"driver", "parent", "child", "plain", "interrupt pin 4", "interrupt of 00:1f.7", "ports 0x3f8–0x3ff",
            "supervisor vital", "thread of driver", "at most 2048 KiB, the screen"} <= texts, texts


def graph_names_services(folder):
    """Of two channels between the same domains, the one that a service is for bears its name."""
    text = (TOP / "tests/components/supervisor/supervisor.system").read_text()
    (folder / "services.system").write_text(text)
    result = pecan(folder, "graph", "services.system")
    assert result.returncode == 0, result.stderr
    labels = {element.text for element in ElementTree.fromstring(result.stdout).iter() if element.get("class") == "label"}
    assert {"work 5→0", "log 6→0", "names 7→0"} <= labels, labels


def names_added_regions(folder):
    """Regions for logs and traces take no name that a description would give, and have one each, however long those of domains are."""
    long = "n" * 62
    domains = "".join(f'<protection_domain name="{name}" pecan:logs="true" pecan:traces="true"><program_image path="supervisor.elf" />'
                      "</protection_domain>" for name in ("init", "kernel", long + "1", long + "2"))
    (folder / "added.system").write_text(f'<system xmlns:pecan="urn:pecan:system"><memory_region name="init.log" size="0x1000" />{domains}</system>')
    ends(folder, 0, "build", "added.system", "--search-path", TOP / OUT / "components/debug", says="WARNING: unused memory region 'init.log'\n")
    report = (folder / "report.txt").read_text()
    assert {"log of init", "trace of kernel", "log of the system", "trace of domain 3"} <= set(re.findall(r"(?:log|trace) of .*?(?=  |\n)", report)), report


def warns_of_unused_regions(folder):
    text = (TOP / "sdk/examples/hello-component/hello.system").read_text()
    (folder / "unused.system").write_text(text.replace("</system>", '<memory_region name="r" size="0x1000" /></system>'))
    ends(folder, 0, "build", "unused.system", "--search-path", folder, says="WARNING: unused memory region 'r'\n")


def ends(folder, status, *words, says=""):
    result = pecan(folder, *words)
    assert result.returncode == status, f"status {result.returncode}, not {status}: {result.stderr}"
    assert says in result.stdout + result.stderr, result.stdout + result.stderr


def takes_microkit_commands(folder):
    """The command line of an example's Makefile: the system first, options behind it."""
    microkit = folder / "microkit"
    microkit.symlink_to(TOOL)
    result = subprocess.run([microkit, TOP / "sdk/examples/hello-component/hello.system", "--search-path", folder, "--board",
                             "x86_64_generic", "--config", "release", "-o", "loader.img", "-r", "report.txt",
                             "--viper-output", "viper"], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (folder / "loader.img").exists()


def builds_by_microkits_makefile(folder):
    """A project's own Makefile, which knows of Microkit's SDK only."""
    project = folder / "project"
    shutil.copytree(TOP / "sdk/examples/hello-component", project)
    shutil.copy(TOP / "tests/components/microkit/Makefile", project)
    for config in "debug", "release":
        out = folder / f"project-{config}"
        out.mkdir()
        result = subprocess.run(["make", "-C", project, f"MICROKIT_SDK={SDK}", "MICROKIT_BOARD=x86_64_generic",
                                 f"MICROKIT_CONFIG={config}", f"BUILD_DIR={out}"], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
        assert (out / "loader.img").exists() and (out / "sel4_32.elf").exists()


def runs_a_release(folder):
    """An example in its release configuration, which prints nothing: its server fails in the middle of its work, and here nobody
    restarts it, which ends the machine."""
    text = (TOP / "sdk/examples/squares/squares.system").read_text()
    for old, new in ('<pecan:restart on="fault" />', ""), ('name="server"', 'name="server" pecan:vital="true"'):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "release.system").write_text(text)
    ends(folder, 0, "build", "release.system", "--search-path", SYSTEMS / "squares/release", "--config", "release", "-o", "release.img")
    ends(folder, 118, "run", "release.img")


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="pecan-tool-") as name:
        folder = Path(name)
        prepare(folder)
        for title, text, error in CASES:
            checks.run(title, says, folder, text, error)
        for seed in range(2):
            checks.run(f"damaged files, seed {seed}", damaged, folder, seed)
        checks.run("the report", report_is_golden, folder)
        checks.run("an unused region", warns_of_unused_regions, folder)
        checks.run("the drawing", graph_shows_everything, folder)
        checks.run("added regions", names_added_regions, folder)
        checks.run("services in the drawing", graph_names_services, folder)
        checks.run("the same image again", is_repeatable, folder)
        checks.run("Microkit's command line", takes_microkit_commands, folder)
        checks.run("a Makefile for Microkit's SDK", builds_by_microkits_makefile, folder)
        checks.run("help", ends, folder, 0, "--help", says="pecan build SYSTEM [options]  ")
        for command, option in ("build", "--report"), ("graph", "drawing"), ("update", "--domain"), ("run", "126 if QEMU failed"):
            checks.run(f"help of {command}", ends, folder, 0, command, "-h", says=option)
        checks.run("help behind an error", ends, folder, 0, "build", "--fast", "--help", says="pecan build SYSTEM [options]: ")
        checks.run("no command", ends, folder, 2, says="no command is given")
        checks.run("unknown command", ends, folder, 2, "make", says="unknown command 'make'")
        checks.run("unknown option", ends, folder, 2, "build", "--fast", says="unknown option '--fast'")
        checks.run("option of another command", ends, folder, 2, "graph", "a", "--report", "b", says="unknown option '--report'")
        checks.run("another type of image", ends, folder, 2, "build", "a", "--image-type", "uimage", says="is 'elf'")
        checks.run("option without value", ends, folder, 2, "build", "a", "-o", says="option '-o' lacks its value")
        checks.run("two descriptions", ends, folder, 2, "build", "a", "b", says="'b' is one file too many")
        checks.run("no description", ends, folder, 2, "build", says="no system description is given")
        checks.run("unknown board", ends, folder, 2, "build", "a", "--board", "toaster", says="x86_64_generic")
        checks.run("unknown config", ends, folder, 2, "build", "a", "--config", "fast", says="debug, release")
        checks.run("missing description", ends, folder, 1, "build", "none.system", says="'none.system'")
        checks.run("unwritable image", ends, folder, 1, "build", TOP / "sdk/examples/hello-component/hello.system", "--search-path",
                   folder, "-o", "/none/image", says="cannot write '/none/image'")
        hello = TOP / "sdk/examples/hello-component/hello.system"
        checks.run("update of nobody", ends, folder, 1, "update", hello, "--domain", "x", "-o", "u", "--search-path", folder,
                   says="hello.system' has no protection domain 'x'")
        checks.run("update without domain", ends, folder, 2, "update", hello, says="update needs --domain and --output")
        checks.run("update without room", ends, folder, 1, "update", hello, "--domain", "hello", "-o", "u", "--search-path",
                   folder, says="pecan:update_room of 'hello' has 0 bytes")
        checks.run("run of an example, release", runs_a_release, folder)
        checks.run("run without image", ends, folder, 2, "run", says="no image is given")
        checks.run("run of a missing image", ends, folder, 1, "run", "none", says="cannot read 'none'")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
