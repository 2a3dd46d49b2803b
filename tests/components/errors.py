"""The cases of errors.txt, and those that are too long to be written there: a name, a description, and what the tool says."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ACCEPTED = "accepted"
IMAGE = '<program_image path="hello.elf" />'
DOMAIN = f'<protection_domain name="a" domain="d">{IMAGE}</protection_domain>'


def place(text):
    """Where the mark stands, as an expression; anywhere without a mark."""
    before, mark, _ = text.partition("^")
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}" if mark else r"\d+:\d+"


def case(name, template, text, error):
    """The description, and the expression that the tool's message must be, or ACCEPTED."""
    marked = template.replace("^", "").replace("{}", text) if "^" in text else template.replace("{}", text)
    if error != ACCEPTED:
        error = re.escape(error).replace(r"\.\.\.", ".*") + rf" wrong\.system:{place(marked)}"
    return name, marked.replace("^", ""), error


def read(path):
    """The cases of a file in the form that errors.txt describes."""
    cases, name, template = [], "", []
    for line in path.read_text().splitlines():
        row = re.fullmatch(r"(.*?) ?\| (.+)", line)
        if line.startswith("#") or not line:
            continue
        if re.fullmatch(r"\[.*\]", line):
            name, template = line[1:-1], []
        elif row:
            text, error = row[1].replace("\\n", "\n"), row[2]
            cases.append(case(f"{name}: {row[1]}", "\n".join(template), text, error))
        else:
            template.append(line)
    return cases


def generated(name, text, error):
    return case(name, "<system>\n{}\n</system>", text, error)


def domains(name, text, schedule, error):
    return generated(name, f"<domains>\n{text}<domain_schedule>{schedule}</domain_schedule></domains>\n{DOMAIN}", error)


TURN = '<schedule_entry domain="d" duration="1 us" />'

CASES = read(HERE / "errors.txt") + [
    generated("nested too deeply", "<a>" * 63 + "^" + "<a>" * 10, "could not parse '...': elements are nested too deeply:"),
    generated("a name of 64 bytes", f'^<protection_domain name="{"n" * 64}">{IMAGE}</protection_domain>',
              "name '...' has more than 63 bytes on element 'protection_domain':"),
    generated("64 domains", "".join(f'{"^" * (i == 63)}<protection_domain name="d{i}">{IMAGE}</protection_domain>\n'
                                    for i in range(64)),
              "too many protection domains defined, maximum is 63 @"),
    generated("1025 regions", DOMAIN.replace(' domain="d"', "") + "".join(f'{"^" * (i == 1024)}<memory_region name="r{i}" size="0x1000" />\n' for i in range(1025)),
              "too many memory regions, maximum is 1024 @"),
]

# For a kernel with 16 scheduling domains.
DOMAIN_CASES = read(HERE / "errors_domains.txt") + [
    domains("16 scheduling domains", '<domain name="d" />' + "".join(f'<domain name="d{i}" />' for i in range(15)), TURN, ACCEPTED),
    domains("17 scheduling domains", '<domain name="d" />' + "".join(f'{"^" * (i == 15)}<domain name="d{i}" />' for i in range(16)),
            TURN, "more domains than the kernel has, which are 16 on element 'domain':"),
    domains("300 turns", '<domain name="d" />\n^', TURN * 300,
            "the schedule has 300 entries, and the kernel room for ... on element 'domain_schedule':"),
]
