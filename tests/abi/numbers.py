#!/usr/bin/python3
"""The interface statement gives the numbers of known configurations: labels, object types, sizes, calls, layouts."""

import sys
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools/abi"))

import kernel_headers  # noqa: E402
from statement import StatementError, evaluate, resolve  # noqa: E402

failures = 0


def check(name, got, want):
    """Prints one check."""
    global failures
    if got == want:
        print(f"ok {name}")
    else:
        failures += 1
        print(f"not ok {name}: is {got}, should be {want}")


def configuration(arch, options=(), variant="debug"):
    return resolve(arch, variant, dict(option.split("=", 1) for option in options))


def constants(header):
    """Plain number #defines of a generated kernel header."""
    values = {}
    for line in header.lines:
        words = line.split()
        if len(words) > 2 and words[0] == "#define":
            try:
                values[words[1]] = int(words[2].strip("()"), 0)
            except ValueError:
                pass
    return values


def check_labels():
    known = tomllib.loads((Path(__file__).parent / "known_labels.toml").read_text())
    for column in known["column"]:
        cfg = configuration(column["arch"], column["options"])
        common = known["common_with_debug" if "HARDWARE_DEBUG_API=1" in column["options"] else "common"]
        want = {**common, **column["labels"]}
        got = {i["label"]: i["number"] for i in cfg.invocations}
        name = f"{column['arch']} {column['name']}"
        check(f"labels of {name}", got, want)
        check(f"first unused label of {name}", len(cfg.invocations), column["first_unused"])
        in_range = [i["label"] for i in cfg.absent_invocations if i["number"] < 1 << 52]
        check(f"no message names an absent label of {name}", in_range, [])


OBJECT_TYPES = (
    ("x86_64", (), ["PDPT", "PML4", "HUGE_PAGE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE", "PAGE_DIRECTORY"]),
    ("x86_64", ("HUGE_PAGE=0",), ["PDPT", "PML4", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE", "PAGE_DIRECTORY"]),
    ("x86_64", ("IOMMU=1",),
     ["PDPT", "PML4", "HUGE_PAGE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE", "PAGE_DIRECTORY", "IO_PAGE_TABLE"]),
    ("x86_64", ("VTX=1",), ["PDPT", "PML4", "HUGE_PAGE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE", "PAGE_DIRECTORY", "VCPU",
                            "EPT_PML4", "EPT_PDPT", "EPT_PD", "EPT_PT"]),
    ("x86_64", ("VTX=1", "IOMMU=1"), ["PDPT", "PML4", "HUGE_PAGE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE", "PAGE_DIRECTORY",
                                      "IO_PAGE_TABLE", "VCPU", "EPT_PML4", "EPT_PDPT", "EPT_PD", "EPT_PT"]),
    ("aarch64", (), ["HUGE_PAGE", "VSPACE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE"]),
    ("aarch64", ("ARM_HYPERVISOR_SUPPORT=1",), ["HUGE_PAGE", "VSPACE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE", "VCPU"]),
    ("riscv64", (), ["HUGE_PAGE", "4K_PAGE", "LARGE_PAGE", "PAGE_TABLE"]),
)
COMMON_TYPES = ["UNTYPED", "TCB", "ENDPOINT", "NOTIFICATION", "CAP_TABLE", "SCHED_CONTEXT", "REPLY"]


def check_object_types():
    for arch, options, kinds in OBJECT_TYPES:
        cfg = configuration(arch, options)
        want = {name: number for number, name in enumerate(COMMON_TYPES + kinds)}
        check(f"object types of {arch} {' '.join(options)}", {t["kernel"]: t["number"] for t in cfg.types}, want)
    placeholders = {t["name"]: t["number"] for t in configuration("x86_64", ("HUGE_PAGE=0",)).absent_types}
    check("types that are absent", {placeholders["seL4_X64_HugePageObject"], placeholders["seL4_X86_IOPageTableObject"],
                                    placeholders["seL4_X86_VCPUObject"]}, {0xfffffffe, 0xffffff, 0xfffffe})


SIZES = (
    ("x86_64", (), {"SLOT": 5, "TCB": 11, "ENDPOINT": 4, "NOTIFICATION": 6, "REPLY": 5, "MIN_SCHED_CONTEXT": 7, "PAGE": 12,
                    "LARGE_PAGE": 21, "HUGE_PAGE": 30, "VSPACE": 12, "ASID_POOL": 12, "VCPU": 14, "MIN_UNTYPED": 4,
                    "MAX_UNTYPED": 47, "NUM_ASID_POOLS_LOG2": 3, "USER_TOP": 0x7ffffffff000}),
    ("x86_64", ("XSAVE_SIZE=832",), {"TCB": 12}),
    ("aarch64", (), {"TCB": 11, "VSPACE": 12, "VCPU": 12, "MAX_UNTYPED": 47, "NUM_ASID_POOLS_LOG2": 7,
                     "USER_TOP": 0x7fffffffffff}),
    ("aarch64", ("HARDWARE_DEBUG_API=1",), {"TCB": 12}),
    ("aarch64", ("ARM_HYPERVISOR_SUPPORT=1",), {"VSPACE": 13, "VSPACE_INDEX": 10, "USER_TOP": 0xffffffffff}),
    ("aarch64", ("ARM_HYPERVISOR_SUPPORT=1", "ARM_PA_SIZE_BITS_40=0", "ARM_PA_SIZE_BITS_44=1"),
     {"VSPACE": 12, "USER_TOP": 0xfffffffffff}),
    ("riscv64", (), {"TCB": 11, "MAX_UNTYPED": 38, "NUM_ASID_POOLS_LOG2": 7, "USER_TOP": 0x3ffffff000}),
    ("riscv64", ("HAVE_FPU=0",), {"TCB": 10}),
)


def check_sizes():
    for arch, options, want in SIZES:
        sizes = configuration(arch, options).sizes
        check(f"sizes of {arch} {' '.join(options)}", {name: sizes[name] for name in want}, want)


def check_calls():
    cfg = configuration("x86_64")
    names = ("CALL REPLY_RECV NBSEND_RECV NBSEND_WAIT SEND NBSEND RECV NBRECV WAIT NBWAIT YIELD DEBUG_PUT_CHAR "
             "DEBUG_DUMP_SCHEDULER DEBUG_HALT DEBUG_CAP_IDENTIFY DEBUG_SNAPSHOT DEBUG_NAME_THREAD DEBUG_SEND_IPI "
             "DEBUG_GET_THREAD_AFFINITY DEBUG_RUN BENCHMARK_FLUSH_CACHES BENCHMARK_RESET_LOG BENCHMARK_FINALIZE_LOG "
             "BENCHMARK_SET_LOG_BUFFER BENCHMARK_NULL_SYSCALL BENCHMARK_GET_THREAD_UTILISATION "
             "BENCHMARK_RESET_THREAD_UTILISATION BENCHMARK_DUMP_ALL_THREADS_UTILISATION "
             "BENCHMARK_RESET_ALL_THREADS_UTILISATION X86_DANGEROUS_WRMSR X86_DANGEROUS_RDMSR VM_ENTER SET_TLS_BASE").split()
    check("numbers of calls", {c["kernel"]: c["number"] for c in cfg.syscalls}, {n: -1 - i for i, n in enumerate(names)})
    for variant, want in (("debug", 1), ("release", 0)):
        values = constants(kernel_headers.syscall_header(configuration("x86_64", (), variant)))
        present = {values[f"ABI_SYSCALL_{name}_PRESENT"] for name in ("DEBUG_PUT_CHAR", "DEBUG_HALT", "DEBUG_NAME_THREAD")}
        check(f"debug calls of the {variant} variant", present, {want})
        check(f"SetTLSBase is there in {variant}", values["ABI_SYSCALL_SET_TLS_BASE_PRESENT"], 1)
        check(f"no benchmark calls in {variant}", values["ABI_SYSCALL_BENCHMARK_NULL_SYSCALL_PRESENT"], 0)


def check_messages():
    values = constants(kernel_headers.message_header(configuration("x86_64")))
    for name, want in (("MSG", 8), ("USER_DATA", 968), ("CAPS", 976), ("RECEIVE_CNODE", 1000), ("RECEIVE_INDEX", 1008),
                       ("RECEIVE_DEPTH", 1016)):
        check(f"offset of {name} in the IPC buffer", values[f"ABI_IPC_BUFFER_{name}_OFFSET"], want)
    for name, shift, mask in (("LENGTH", 0, 0x7f), ("EXTRA_CAPS", 7, 3), ("CAPS_UNWRAPPED", 9, 7), ("LABEL", 12, (1 << 52) - 1)):
        check(f"field {name} of the info word", (values[f"ABI_MESSAGE_{name}_SHIFT"], values[f"ABI_MESSAGE_{name}_MASK"]),
              (shift, mask))


FAULT_LENGTHS = {  # label: words on x86_64, aarch64, riscv64
    "CAP": (1, 7, 7, 7), "UNKNOWN_SYSCALL": (2, 19, 13, 11), "USER_EXCEPTION": (3, 5, 5, 4), "TIMEOUT": (5, 2, 2, 2),
    "VM": (6, 4, 4, 4),
}
REPLY_LENGTHS = {"CAP": (0, 0, 0), "UNKNOWN_SYSCALL": (18, 12, 10), "USER_EXCEPTION": (3, 3, 2), "TIMEOUT": (19, 34, 32),
                 "VM": (0, 0, 0)}


def check_faults():
    for position, arch in enumerate(("x86_64", "aarch64", "riscv64")):
        cfg = configuration(arch)
        values = constants(kernel_headers.fault_header(cfg))
        for name, (label, *lengths) in FAULT_LENGTHS.items():
            check(f"label of fault {name} on {arch}", values[f"ABI_FAULT_{name}"], label)
            check(f"length of fault {name} on {arch}", values[f"ABI_FAULT_{name}_LENGTH"], lengths[position])
            check(f"words a reply to {name} sets on {arch}", values[f"ABI_FAULT_{name}_REPLY_LENGTH"],
                  REPLY_LENGTHS[name][position])
        check(f"registers of {arch}", len(cfg.context), (20, 36, 32)[position])


def check_boot():
    values = constants(kernel_headers.boot_header(configuration("x86_64")))
    for name, want in (("EXTRA_LENGTH", 0), ("NODE_ID", 8), ("NUM_NODES", 16), ("NUM_IOPT_LEVELS", 24), ("IPC_BUFFER", 32),
                       ("EMPTY", 40), ("SHARED_FRAMES", 56), ("USER_IMAGE_FRAMES", 72), ("USER_IMAGE_PAGING", 88),
                       ("IO_SPACE_CAPS", 104), ("EXTRA_PAGES", 120), ("CNODE_SIZE_BITS", 136), ("DOMAIN", 144),
                       ("SCHED_CONTROL", 152), ("UNTYPED", 168), ("UNTYPED_LIST", 184), ("BYTES", 3864)):
        check(f"boot information: {name}", values[f"ABI_BOOT_INFO_{name}"], want)
    for name, want in (("TCB", 1), ("CNODE", 2), ("VSPACE", 3), ("IRQ_CONTROL", 4), ("ASID_CONTROL", 5), ("ASID_POOL", 6),
                       ("IO_PORT_CONTROL", 7), ("IO_SPACE", 8), ("BOOT_INFO_FRAME", 9), ("IPC_BUFFER", 10), ("DOMAIN", 11),
                       ("SCHED_CONTEXT", 14), ("SMC", 15), ("FIRST_DYNAMIC", 16)):
        check(f"initial slot: {name}", values[f"ABI_INIT_SLOT_{name}"], want)


def check_options():
    for options, problem in ((("NO_SUCH_OPTION=1",), "unknown"), (("ENABLE_SMP_SUPPORT=1",), "derived"),
                             (("IOMMU=perhaps",), "not a boolean"), (("ROOT_CNODE_SIZE_BITS=many",), "not a number")):
        try:
            configuration("x86_64", options)
            check(f"option {problem} is refused", False, True)
        except StatementError:
            check(f"option {problem} is refused", True, True)
    check("schedule entries with one domain", configuration("x86_64").options["NUM_DOMAIN_SCHEDULES"], 2)
    check("schedule entries with 16 domains", configuration("x86_64", ("NUM_DOMAINS=16",)).options["NUM_DOMAIN_SCHEDULES"], 100)
    check("an option of another architecture is off", evaluate("IOMMU", configuration("riscv64").names), False)


def main():
    for part in (check_labels, check_object_types, check_sizes, check_calls, check_messages, check_faults, check_boot,
                 check_options):
        part()
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
