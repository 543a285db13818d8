"""Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no"."""
import json, sys
from kami_proof import check, check_lease, decode, is_signed

def answer(kind, *said):
    if kind == "signature":
        key, signed, signature = map(decode, said)
        return {} if is_signed(signed, signature, key) else None
    if kind == "lease":
        roots, app, code, machine, proof, clock, latest = said
        return check_lease(roots.split(), proof, app, code, machine, int(clock), int(latest))[1]
    roots, app, route, nonce, code, machine, request, status, body, clock, latest = said
    asked = {"app": app, "route": route, "nonce": nonce, "code": code, "machine": machine, "request": request}
    return check(roots.split(), asked, int(status), body, max(int(clock), int(latest)))[1]

sys.stdin.reconfigure(encoding="utf-8", newline="\n")
for line in sys.stdin:
    try:
        found = answer(*line.rstrip("\n").split("\x1f"))
    except Exception:
        found = None
    print("no" if found is None else "yes " + json.dumps(found))
