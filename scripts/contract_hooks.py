"""Makes each request of schemathesis that of another client, which signs nothing, for scripts/check-contract."""

import itertools
import unicodedata

import schemathesis

numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(numbers)
    # No schema says what a signature of this very request is: lambda/tests/document tries those that are and that are not.
    for name in [name for name in case.headers if name.lower() == "kami-device"]:
        del case.headers[name]
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


BLANK = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x1D159} | {
    *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)
}


def is_hidden(character):
    return ord(character) in BLANK or unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


@schemathesis.hook
def map_body(context, body):
    """A machine that begins a trial has no invisible characters in its code, which the document says in words: a pattern
    would have to list them."""
    if context.operation.path == "/api/trial" and isinstance(body, dict) and isinstance(body.get("machine_code"), str):
        body["machine_code"] = "".join("x" if is_hidden(each) else each for each in body["machine_code"])
    return body
