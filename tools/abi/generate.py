#!/usr/bin/env python3
"""Writes what follows from the interface statement in abi/ for one configuration.

    generate.py --arch x86_64 --variant debug --option ROOT_CNODE_SIZE_BITS=13 \\
                --kernel-out DIR --user-out DIR --docs FILE

--kernel-out: kernel headers DIR/abi/*.h. --user-out: the include tree of programs, with the JSON files of build tools.
--docs: the reference page. Each may be left out.
"""

import argparse
import pathlib
import sys

import docs
import kernel_headers
import user_headers
from statement import ARCHITECTURES, StatementError, resolve


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description="Generate headers and tables from the interface statement.")
    parser.add_argument("--arch", default="x86_64", choices=ARCHITECTURES)
    parser.add_argument("--variant", default="debug", choices=("debug", "release"))
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="set an option of abi/options.toml")
    parser.add_argument("--kernel-out", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--user-out", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--docs", type=pathlib.Path, metavar="FILE")
    return parser.parse_args(arguments)


def main(arguments):
    args = parse_arguments(arguments)
    overrides = {}
    for option in args.option:
        name, equals, value = option.partition("=")
        if not equals:
            raise StatementError(f"--option {option!r} is not NAME=VALUE")
        overrides[name] = value
    cfg = resolve(args.arch, args.variant, overrides)
    if args.kernel_out:
        kernel_headers.write(cfg, args.kernel_out)
    if args.user_out:
        user_headers.write(cfg, args.user_out)
    if args.docs:
        docs.write(cfg, args.docs)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StatementError as error:
        sys.exit(f"generate.py: {error}")
