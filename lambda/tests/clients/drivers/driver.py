"""Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no"."""
import json, sys
from kami_proof import check, check_lease, check_licence, decode, is_signed

def answer(kind, *said):
    if kind == "signature":
        key, signed, signature = map(decode, said)
        return {} if is_signed(signed, signature, key) else None
    if kind in ("lease", "licence"):
        roots, app, code, machine, text, clock, latest, device = said
        check_start = check_lease if kind == "lease" else check_licence
        text = text if kind == "lease" else decode(text).decode("latin-1")
        return check_start(roots.split(), text, app, code, machine, device or None, int(clock), int(latest))[1]
    roots, app, route, nonce, code, machine, request, status, body, clock, latest, device = said
    asked = {"app": app, "route": route, "nonce": nonce, "code": code, "machine": machine, "request": request,
             "device": device or None}
    return check(roots.split(), asked, int(status), body, max(int(clock), int(latest)))[1]

sys.stdin.reconfigure(encoding="utf-8", newline="\n")
for line in sys.stdin:
    try:
        found = answer(*line.rstrip("\n").split("\x1f"))
    except Exception:
        found = None
    print("no" if found is None else "yes " + json.dumps(found))
