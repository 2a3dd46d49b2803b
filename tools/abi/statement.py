"""Reads the interface statement in abi/ and resolves it for one configuration.

`resolve()` returns a Configuration: option values, label and object numbers, sizes. The writers (kernel_headers,
user_headers, ...) take all their numbers from it.
"""

import ast
import operator
import pathlib
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATEMENT = ROOT / "abi"
ARCHITECTURES = ("x86_64", "aarch64", "riscv64")
PREFIX = "seL4_"

# Labels that a configuration does not have get values above the 52 bits of a message label, so that no message equals
# them and a `switch` may name them all.
ABSENT_LABEL_BASE = 1 << 60

_COMPARE = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class StatementError(Exception):
    """The statement or an option given on the command line is wrong."""


def evaluate(expression, names):
    """Value of an expression of the statement; `names` gives the options and sizes it may use."""
    if not isinstance(expression, str):
        return expression

    def walk(node):
        if isinstance(node, ast.Expression):
            return walk(node.body)
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            # An option that this architecture does not have is off.
            return names.get(node.id, False)
        if isinstance(node, ast.BoolOp):
            values = [walk(value) for value in node.values]
            return all(values) if isinstance(node.op, ast.And) else any(values)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not walk(node.operand)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return _COMPARE[type(node.ops[0])](walk(node.left), walk(node.comparators[0]))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return walk(node.left) + walk(node.right)
        if isinstance(node, ast.IfExp):
            return walk(node.body) if walk(node.test) else walk(node.orelse)
        raise StatementError(f"cannot evaluate {expression!r}")

    return walk(ast.parse(expression, mode="eval"))


def load(name):
    """Contents of one file of the statement."""
    with open(STATEMENT / f"{name}.toml", "rb") as file:
        return tomllib.load(file)


def parse_value(text, like, name):
    """Option value from the command line, of the type of `like`."""
    if isinstance(like, bool):
        lowered = text.lower()
        if lowered in ("1", "on", "true", "yes"):
            return True
        if lowered in ("0", "off", "false", "no", ""):
            return False
        raise StatementError(f"option {name}: {text!r} is not a boolean")
    if isinstance(like, int):
        try:
            return int(text, 0)
        except ValueError as error:
            raise StatementError(f"option {name}: {text!r} is not a number") from error
    return text


class Configuration:
    """Everything the statement says for one architecture, variant and set of options."""

    def __init__(self, arch, variant, overrides):
        if arch not in ARCHITECTURES:
            raise StatementError(f"unknown architecture {arch!r}; known: {', '.join(ARCHITECTURES)}")
        self.arch = arch
        self.variant = variant
        self.option_list = [o for o in load("options")["option"] if arch in o.get("arch", ARCHITECTURES)]
        self.options = self._resolve_options(overrides)
        self.names = {"ARCH": arch, **self.options}

        self.syscalls = load("syscalls")["call"]
        self.errors = load("errors")
        self.messages = load("messages")
        self.threads = load("threads")
        self.faults_file = load("faults")
        self.boot = load("boot")
        self.trace = load("trace")
        self._objects_file = load("objects")

        self.invocations, self.absent_invocations, self.own_invocations = self._number_labels()
        self.types, self.absent_types = self._number_types()
        self.sizes = self._resolve_sizes()
        self.cap_types = {**self._objects_file["cap_type"]["all"], **self._objects_file["cap_type"][arch]}
        self.faults = [f for f in self.faults_file["fault"] if self.has(f)]
        self.context = self.threads["context"][arch]["frame"] + self.threads["context"][arch]["integer"]

    def has(self, entry):
        """Whether an entry of the statement exists in this configuration."""
        return self.arch in entry.get("arch", ARCHITECTURES) and bool(evaluate(entry.get("when", "True"), self.names))

    def value(self, expression):
        """Value of an expression over the options."""
        return evaluate(expression, self.names)

    def words_of_fault(self, fault):
        """Names of the message words of a fault, in order."""
        return fault["words"].get("all", fault["words"].get(self.arch, []))

    def reply_words_of_fault(self, fault):
        """How many leading words of a reply to the fault are taken over."""
        words = self.words_of_fault(fault)
        return {
            "all but the last": len(words) - 1,
            "all but the last two": len(words) - 2,
            "timeout_reply": len(self.faults_file["timeout_reply"][self.arch]),
        }.get(fault["reply"], fault["reply"])

    def _resolve_options(self, overrides):
        known = {o["name"]: o for o in self.option_list}
        aliases = {o["alias"]: o["name"] for o in self.option_list if "alias" in o}
        elsewhere = {o["name"] for o in load("options")["option"]}
        values = {}
        for option in self.option_list:
            if "derive" in option:
                continue
            if self.variant in option:
                values[option["name"]] = option[self.variant]
            elif "by_arch" in option:
                values[option["name"]] = option["by_arch"][self.arch]
            else:
                values[option["name"]] = option["default"]
        for name, text in overrides.items():
            name = aliases.get(name.removeprefix("CONFIG_"), name.removeprefix("CONFIG_"))
            if name not in known:
                where = f"does not exist on {self.arch}" if name in elsewhere else "is not an option"
                raise StatementError(f"{name} {where}")
            if "derive" in known[name]:
                raise StatementError(f"{name} follows from {known[name]['derive']!r} and cannot be set")
            values[name] = parse_value(text, values[name], name)
        for option in self.option_list:
            if "derive" in option:
                values[option["name"]] = evaluate(option["derive"], {"ARCH": self.arch, **values})
        # Keep the statement's order.
        return {o["name"]: values[o["name"]] for o in self.option_list}

    def _number_labels(self):
        listed = load("invocations")["invocation"] + load(f"invocations_{self.arch}")["invocation"]
        present = []
        for group in ("common", "sel4_arch", "arch"):
            present += [i for i in listed if i["group"] == group and self.has(i)]
        absent = [i for i in listed if not self.has(i)]
        own = [i for i in listed if i["group"] == "pecan"]
        for number, entry in enumerate(present):
            entry["number"] = number
        for number, entry in enumerate(absent):
            entry["number"] = ABSENT_LABEL_BASE + number
        return present, absent, own

    def _number_types(self):
        listed = [t for t in self._objects_file["type"] if self.arch in t.get("arch", ARCHITECTURES)]
        present = [t for t in listed if self.has(t)]
        absent = [t for t in listed if not self.has(t) and "placeholder" in t]
        for number, entry in enumerate(present):
            entry["number"] = number
        for entry in absent:
            entry["number"] = entry["placeholder"]
        return present, absent

    def _resolve_sizes(self):
        stated = {**self._objects_file["size"]["all"], **self._objects_file["size"][self.arch]}
        return {name: self.value(expression) for name, expression in stated.items()}

    def bits_of_type(self, entry):
        """log2 bytes of a fixed-size object type."""
        return evaluate(entry["bits"], self.sizes)


def resolve(arch="x86_64", variant="debug", overrides=None):
    """The configuration of an architecture and variant with `overrides` (option name to text)."""
    return Configuration(arch, variant, overrides or {})
