"""An SVG chart of operations: ours as a bar, the peer's figure, the goal and the baseline as marks on it."""

from xml.sax.saxutils import escape

ROW = 22
LEFT = 250
WIDTH = 620
MARGIN = 60
OURS = "#2a6f97"
PEER = "#c1121f"
GOAL = "#2b9348"
BASELINE = "#f4a261"


def scale_of(entry, anchor, before):
    """The largest value of the row: each row has its own scale, because operations differ a thousandfold."""
    return max(value for value in (entry["median"], anchor.get("peer", 0), anchor.get("goal", 0), before or 0, 1))


def mark(x, y, colour, title):
    return (f'<rect x="{x - 1.5:.1f}" y="{y + 1}" width="3" height="{ROW - 6}" fill="{colour}">'
            f"<title>{escape(title)}</title></rect>")


def row(y, name, entry, anchor, before):
    scale = WIDTH / scale_of(entry, anchor, before)
    parts = [f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>',
             f'<rect x="{LEFT}" y="{y + 3}" width="{entry["median"] * scale:.1f}" height="{ROW - 10}" fill="{OURS}">'
             f'<title>{entry["median"]} (max {entry["max"]})</title></rect>']
    for value, colour, what in ((anchor.get("peer"), PEER, "peer"), (anchor.get("goal"), GOAL, "goal"),
                                (before, BASELINE, "baseline")):
        if value:
            parts.append(mark(LEFT + value * scale, y, colour, f"{what} {value}"))
    label = f'{entry["median"]}' + (f' ({entry["median"] / anchor["peer"]:.2f} of the peer)' if anchor.get("peer") else "")
    parts.append(f'<text x="{LEFT + WIDTH + 10}" y="{y + 13}">{label}</text>')
    return "\n".join(parts)


def legend(y):
    parts, x = [], LEFT
    for colour, what in ((OURS, "Pecan, median"), (PEER, "peer"), (GOAL, "goal"), (BASELINE, "baseline")):
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/><text x="{x + 18}" y="{y + 11}">{what}</text>')
        x += 150
    return "\n".join(parts)


def chart(results, anchors, baseline):
    """The SVG text; operations with a peer's figure come first."""
    operations = results["operations"]
    names = [name for name in operations if name in anchors["operations"]]
    names += [name for name in operations if name not in anchors["operations"]]
    height = MARGIN + ROW * len(names) + 20
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 220}" height="{height}" '
             'font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>',
             f'<text x="{LEFT}" y="20" font-size="14">Instructions of each operation; each row has its own scale</text>',
             legend(32)]
    for index, name in enumerate(names):
        before = baseline.get("operations", {}).get(name, {}).get("median")
        parts.append(row(MARGIN + ROW * index, name, operations[name], anchors["operations"].get(name, {}), before))
    parts.append("</svg>\n")
    return "\n".join(parts)
