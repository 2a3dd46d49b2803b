"""Writes the configuration files of the include tree: gen_config.h, gen_config.json, autoconf.h, invocations_all.json."""

import json

from writer import BANNER, Header


def config_header(cfg, file):
    """One line for each option: on with its value, off as a comment."""
    out = Header("Configuration options. What is off is not defined.")
    for option in listed(cfg, file):
        name, value = f"CONFIG_{option['name']}", cfg.options[option["name"]]
        if value is False:
            out.comment(f"disabled: {name}")
        else:
            # Numbers in decimal and strings bare, as tools that read these files as text expect; strings behind two blanks,
            # because Makefiles find the architecture by that.
            blanks = "  " if isinstance(value, str) else " "
            out.line(f"#define {name}{blanks}{1 if value is True else value}")
    return out.text()


def config_json(cfg, file):
    """A flat object: booleans as such, everything else as strings."""
    values = {option["name"]: cfg.options[option["name"]] for option in listed(cfg, file)}
    shown = {name: value if isinstance(value, bool) else str(value) for name, value in values.items()}
    return json.dumps(shown, indent=4) + "\n"


def listed(cfg, file):
    return [option for option in cfg.option_list if option.get("file", "kernel") == file]


def autoconf(_cfg):
    return f"{BANNER}\n#pragma once\n\n#include <kernel/gen_config.h>\n#include <sel4/gen_config.h>\n"


def invocations_json(cfg):
    """Label numbers by name, in order, without the invalid one."""
    return json.dumps({i["label"]: i["number"] for i in cfg.invocations[1:]}, indent=4) + "\n"


def files(cfg):
    """All of them by path below the include folder."""
    return {
        "kernel/gen_config.h": config_header(cfg, "kernel"),
        "kernel/gen_config.json": config_json(cfg, "kernel"),
        "sel4/gen_config.h": config_header(cfg, "sel4"),
        "sel4/gen_config.json": config_json(cfg, "sel4"),
        "autoconf.h": autoconf(cfg),
        "interfaces/invocations_all.json": invocations_json(cfg),
    }
