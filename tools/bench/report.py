"""Tables of results on the terminal, and what is wrong with them."""

WORSE = 1.02
LINUX_CALLS = {
    "getpid": "getpid", "write_1": "write of 1 byte", "read_1": "read of 1 byte", "write_64k": "write of 64 KiB",
    "read_64k": "read of 64 KiB", "pipe_round_trip": "round trip through two pipes", "fork_exit": "fork, exit, wait",
    "fork_exec": "fork, execve, exit, wait", "page_fault": "first touch of a page",
}
DATA_UNITS = {
    "block written": "block of 4 KiB written", "block read": "block read from the disk", "block read again": "block read again, from memory",
    "packet in": "packet in", "packet out": "packet out", "console byte out": "byte to the console", "console byte in": "byte from the console",
}


def ratio_text(value, reference):
    return f"{value / reference:.2f}" if reference else ""


def special_text(special):
    """`6 swapgs, 1 cr_write`; nothing of what is not there."""
    return ", ".join(f"{count} {kind}" for kind, count in special.items())


def print_operations(results, anchors, baseline):
    columns = f"{'operation':<34}{'median':>8}{'max':>9}{'peer':>7}{'goal':>6}{'ratio':>7}{'baseline':>10}{'lines':>9}  serialising or microcoded"
    print(columns)
    for name, entry in results["operations"].items():
        anchor = anchors["operations"].get(name, {})
        before = baseline.get("operations", {}).get(name, {}).get("median", "")
        peer, goal = anchor.get("peer", ""), anchor.get("goal", "")
        mark = " !" if goal and entry["median"] > goal else ""
        lines = f"{entry['code_lines']}+{entry['data_lines']}" if "code_lines" in entry else ""
        print(f"{name:<34}{entry['median']:>8}{entry['max']:>9}{peer:>7}{goal:>6}{ratio_text(entry['median'], peer):>7}"
              f"{before:>10}{lines:>9}  {special_text(entry.get('special', {}))}{mark}")
    pair = results["call_and_reply"]
    print(f"\nOne Call and its ReplyRecv, other address space: {pair['code_lines']} lines of kernel code, "
          f"{pair['data_lines']} of kernel data (64 bytes each)")
    functions = sorted(pair["code_lines_by_function"].items(), key=lambda item: -item[1])
    print("  code: " + ", ".join(f"{name} {count}" for name, count in functions))
    stretch = results["interrupts_off"]
    if stretch:
        print(f"Longest stretch with interrupts off in {stretch['runs']} runs: {stretch['longest']} instructions "
              f"({stretch['where']}; {stretch['run']})")
    goals = [name for name in anchors["operations"] if name in results["operations"]]
    reached = [name for name in goals if results["operations"][name]["median"] <= anchors["operations"][name]["goal"]]
    below = [name for name in goals if results["operations"][name]["median"] <= 0.9 * anchors["operations"][name]["peer"]]
    print(f"{len(reached)} of {len(goals)} rows at their goal (! marks the others), {len(below)} at most 0.9 of the peer's")


def print_path(stretches):
    """One line for each stretch of instructions within a function, then the sums by function."""
    totals = {}
    for function, address, count in stretches:
        print(f"{address:#x} {function:<40}{count:>6}")
        totals[function] = totals.get(function, 0) + count
    print("by function:")
    for function, count in sorted(totals.items(), key=lambda item: -item[1]):
        print(f"  {function:<40}{count:>6}")


def markdown_table(results, anchors):
    """Lines of a table for docs/performance.md."""
    lines = ["| operation | median | max | peer | goal | in the kernel | lines of code + data | serialising or microcoded |",
             "|---|---:|---:|---:|---:|---:|---:|---|"]
    for name, entry in results["operations"].items():
        anchor = anchors["operations"].get(name, {})
        lines.append(f"| {name} | {entry['median']} | {entry['max']} | {anchor.get('peer', '')} | {anchor.get('goal', '')} | "
                     f"{entry.get('kernel', '')} | {entry.get('code_lines', '')} + {entry.get('data_lines', '')} | "
                     f"{special_text(entry.get('special', {}))} |")
    pair = results["call_and_reply"]
    return lines + ["", f"One Call and its ReplyRecv together: {pair['code_lines']} lines of kernel code, {pair['data_lines']} "
                    "of kernel data, of 64 bytes each."]


def personality_table(results):
    """Lines of the table of Linux calls for docs/performance.md."""
    lines = ["| Linux call | Pecan | Linux 6.1 | ratio |", "|---|---:|---:|---:|"]
    for name, ours in results["pecan"].items():
        theirs = results["linux"][name]["median"]
        lines.append(f"| {LINUX_CALLS[name]} | {ours['median']} | {theirs} | {ours['median'] / theirs:.2f} |")
    return lines


def data_sums(result):
    """Of all components: instructions for a unit, and how often one is entered."""
    rows = result["components"].values()
    return sum(row["instructions"] for row in rows), sum(row["entered"] for row in rows)


def datapath_table(results):
    """Lines of the table of what data costs on its way, for docs/performance.md."""
    lines = ["| unit | instructions | of which | entered | copies |", "|---|---:|---|---:|---:|"]
    for name, result in results.items():
        if name == "restarts":
            continue
        total, entered = data_sums(result)
        parts = ", ".join(f"{component} {row['instructions']:,}" for component, row in result["components"].items() if row["instructions"] >= total / 100)
        lines.append(f"| {DATA_UNITS[name]} | {total:,} | {parts} | {entered:.{1 if entered >= 1 else 3}f} | {result['copies']} |")
    return lines


def restart_table(results):
    """Lines of the table of restarts for docs/performance.md."""
    lines = ["| component | first | median | worst |", "|---|---:|---:|---:|"]
    return lines + [f"| {name} | {times['first']:,} | {times['median']:,} | {times['max']:,} |" for name, times in results["restarts"].items()]


def serialising_total(entry):
    return sum(entry.get("special", {}).values())


def regressions(results, baseline):
    """What got worse: a line of text each."""
    found = []
    for name, before in baseline.get("operations", {}).items():
        now = results["operations"].get(name)
        if not now:
            found.append(f"{name} is no longer measured")
        elif now["median"] > before["median"] * WORSE:
            found.append(f"{name}: {now['median']}, was {before['median']} ({now['median'] / before['median'] - 1:+.1%})")
    for name, slow in results["without_fast_paths"].items():
        now = results["operations"].get(name, {})
        if serialising_total(now) > serialising_total(slow):
            found.append(f"{name}: more serialising or microcoded instructions than the slow path: "
                         f"{special_text(now['special'])}; slow: {special_text(slow['special'])}")
    return found
