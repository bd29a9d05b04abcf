"""Holds requests against the service models that botocore ships: unknown and required members, types, enumerations, patterns,
lengths and ranges. Reads JSON Lines {service, operation, input} and prints a line for each that breaks its model."""
import json
import re
import sys

import botocore.session

# Name in the scope of a signature -> name in botocore.
SERVICES = {"greengrass": "greengrassv2", "servicequotas": "service-quotas"}
SESSION = botocore.session.get_session()
MODELS = {}


def model_of(service):
    name = SERVICES.get(service, service)
    if name not in MODELS:
        MODELS[name] = SESSION.get_service_model(name)
    return MODELS[name]


# What Java's patterns say and Python's can't -> a class that is a little wider.
CLASSES = {
    r"\p{L}": r"a-zA-Z\u00c0-\uffff",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{Z}": r"\s",
    r"\p{N}": "0-9",
    r"\p{S}": r"$+<=>^`|~",
    r"\p{P}": r"!-/:-@\[-`{-~",
    r"\p{C}": r"\x00-\x1f\x7f-\x9f",
    r"\p{Cntrl}": r"\x00-\x1f\x7f",
    r"\p{Graph}": r"\x21-\x7e",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Upper}": "A-Z",
    r"\p{Digit}": "0-9",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010ffff",
    r"[\w-_": r"[\w\-_",
}


def as_python(pattern):
    for there, here in CLASSES.items():
        pattern = pattern.replace(there, here)
    # Some end in a dollar sign and a count of it, which says nothing.
    return re.sub(r"\$\{\d+,\d+\}$", "$", pattern)


def check(shape, value, where):
    kind, rules = shape.type_name, shape.metadata
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{where} is no structure"
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{where}.{name} is required"
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{where}.{name} is not in the model"
            elif inner is not None:
                yield from check(shape.members[name], inner, f"{where}.{name}")
    elif kind == "list":
        yield from bounds(rules, len(value), f"{where}: number of items")
        for index, inner in enumerate(value):
            yield from check(shape.member, inner, f"{where}[{index}]")
    elif kind == "map":
        yield from bounds(rules, len(value), f"{where}: number of entries")
        for key, inner in value.items():
            yield from check(shape.key, key, f"{where} key")
            yield from check(shape.value, inner, f"{where}.{key}")
    elif kind == "string":
        if not isinstance(value, str):
            yield f"{where} is no string"
            return
        yield from bounds(rules, len(value), f"{where}: length of {value[:60]!r}")
        if "enum" in rules and value not in rules["enum"]:
            yield f"{where}: {value!r} is none of the enumeration"
        # Models anchor some of their patterns and mean all of them.
        if "pattern" in rules and not re.fullmatch(as_python(rules["pattern"]), value, re.DOTALL):
            yield f"{where}: {value[:80]!r} does not match {rules['pattern']}"
    elif kind in ("integer", "long", "float", "double"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{where} is no number"
        else:
            yield from bounds(rules, value, where)
    elif kind == "boolean" and not isinstance(value, bool):
        yield f"{where} is no boolean"
    elif kind == "blob" and isinstance(value, dict):
        yield from bounds(rules, value["bytes"], f"{where}: bytes")


def bounds(rules, size, what):
    if "min" in rules and size < rules["min"]:
        yield f"{what} is {size}, below {rules['min']}"
    if "max" in rules and size > rules["max"]:
        yield f"{what} is {size}, above {rules['max']}"


for line in sys.stdin:
    asked = json.loads(line)
    operation = model_of(asked["service"]).operation_model(asked["operation"])
    if operation.input_shape is None:
        continue
    for problem in check(operation.input_shape, asked["input"], asked["operation"]):
        print(f"{asked['service']}: {problem}")
