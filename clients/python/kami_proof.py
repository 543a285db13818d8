"""Proofs of what kami answers, and the lease kept for a start without network: goes beside kami.py, Python 3.8+."""
import base64, contextlib, hashlib, json, os, time
from pathlib import Path

P = 2**256 - 2**224 + 2**192 + 2**96 - 1  # P-256: the field, the order, b and the base point
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5, 1)

def add(one, other):  # two points, projective: the complete formulas of Renes, Costello and Batina (2015) for a = -3
    (x, y, z), (u, v, w) = one, other
    xx, yy, zz, xy, yz, xz = x * u % P, y * v % P, z * w % P, x * v + y * u, y * w + z * v, x * w + z * u
    c, d = 3 * (xz - B * zz), B * xz - xx - 3 * zz
    return ((xy * (yy + c) - 3 * yz * d) % P, (9 * (xx - zz) * d + (yy - c) * (yy + c)) % P,
            (yz * (yy - c) + 3 * xy * (xx - zz)) % P)

def is_signed(signed, signature, key):  # ES256: r and s by the key 04, x, y
    r, s, x, y = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:], key[1:33], key[33:]))
    if len(signature) != 64 or len(key) != 65 or key[0] != 4 or not (0 < r < N and 0 < s < N):
        return False
    if x >= P or y >= P or (y * y - x**3 + 3 * x - B) % P:
        return False
    back, total = pow(s, -1, N), (0, 1, 0)
    a, b = int.from_bytes(hashlib.sha256(signed).digest(), "big") * back % N, r * back % N
    summands = [total, G, (x, y, 1), add(G, (x, y, 1))]
    for bit in range(255, -1, -1):
        total = add(add(total, total), summands[(a >> bit & 1) + 2 * (b >> bit & 1)])
    return total[2] != 0 and total[0] * pow(total[2], -1, P) % P % N == r

def need(fact, what):
    if not fact:
        raise ValueError(f"no proof: {what}")

def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

def decode(text):  # the one way to write it, and no other
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(encode(data) == text, "base64")
    return data

def members(pairs):
    need(len(dict(pairs)) == len(pairs), "a member twice")
    return dict(pairs)

def parse(data):
    found = json.loads(data if isinstance(data, str) else data.decode(), object_pairs_hook=members)
    need(isinstance(found, dict), "no object")
    return found

def digest(nonce, text):
    return None if text is None else encode(hashlib.sha256(f"{nonce}:{text}".encode()).digest())

def jws(text, kind):  # header, payload, what is signed, signature
    need(isinstance(text, str) and len(text) <= 32768, "its length")
    head, body, signature = text.split(".")
    header = parse(decode(head))
    need(header["alg"] == "ES256" and header["typ"] == kind and "crit" not in header, "another kind")
    return header, parse(decode(body)), f"{head}.{body}".encode(), decode(signature)

def opened(proof, roots, app, moment):  # what it says, once it is known to come from the holder of a root key
    header, payload, signed, signature = jws(proof, "kami-proof+jws")
    _, certificate, certified, by_root = jws(header["crt"], "kami-certificate+jws")
    need(any(is_signed(certified, by_root, decode(root)) for root in roots), "not by a pinned key")
    need(certificate.get("app", app) == app and certificate["kid"] == header["kid"], "another certificate")
    need(certificate["exp"] > moment, "the certificate is over")
    jwk = certificate["jwk"]
    need(jwk["kty"] == "EC" and jwk["crv"] == "P-256", "another kind of key")
    need(is_signed(signed, signature, b"\4" + decode(jwk["x"]) + decode(jwk["y"])), "not by its key")
    need(payload["app"] == app and certificate["iat"] <= payload["iat"] < certificate["exp"], "its app or moment")
    return payload

def restored(answer, said, nonce):  # with the texts that it has only digests of; without, where nobody says them
    if isinstance(answer, dict):
        other = said if isinstance(said, dict) else {}
        return {name: restored(value, other.get(name), nonce) for name, value in answer.items()}
    if isinstance(answer, list):
        other = said if isinstance(said, list) else []
        return [restored(value, text, nonce) for value, text in zip(answer, other + [None] * len(answer))]
    if not isinstance(answer, str) or not answer.startswith("sha256:"):
        return answer
    need(nonce is None or isinstance(said, str) and answer == "sha256:" + digest(nonce, said), "another text")
    return said

# asked: "app", "route", "nonce", "code", "machine" and "request", the body; None where it has none
def check(roots, asked, status, body, moment):  # of an answer: what its proof says, and the answer to act upon
    reply = parse(body)
    payload, nonce = opened(reply["proof"], roots, asked["app"], moment), asked["nonce"]
    need(payload["nonce"] == nonce and payload["route"] == asked["route"], "of another request")
    for name in ("code", "machine", "request"):
        need(payload.get(name) == digest(nonce, asked[name]), f"another {name}")
    need(payload["status"] == status, "another status")
    return payload, restored(payload["answer"], reply, nonce)

def check_lease(roots, proof, app, code, machine, clock, latest):  # the same of a kept lease, where it lets start
    payload = opened(proof, roots, app, max(clock, latest))
    need(payload["route"] == "POST /api/validate" and payload["status"] == 200, "no admission")
    for name, text in (("code", code), ("machine", machine)):
        need(payload[name] == digest(payload["nonce"], text), f"another {name}")
    need(payload["answer"]["status"] == "success" and payload["offline_until"] > max(clock, latest), "it is over")
    need(clock >= max(latest, payload["iat"]) - 300, "the clock was turned back")
    return payload, restored(payload["answer"], None, None)

def is_about(proof, code):  # whether the kept lease is of that card
    with contextlib.suppress(ValueError, KeyError, TypeError):
        payload = jws(proof, "kami-proof+jws")[1]
        return payload["code"] == digest(payload["nonce"], code)

class Trust:  # its file: the lease, the latest moment seen, and the latest proven: a clock may have been wrong once
    def __init__(self, roots, app, file):
        self.roots, self.app, self.file, self.proven, self.started = roots, app, file, 0, time.time() - time.monotonic()

    def kept(self):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = parse(Path(self.file).read_bytes())
            return {"latest": int(kept["latest"]), "proven": int(kept["proven"]), "proof": str(kept.get("proof", ""))}
        return {"latest": 0, "proven": 0, "proof": ""}

    def keep(self, kept):
        with contextlib.suppress(OSError):  # without a place for it the app starts with network only
            Path(self.file).parent.mkdir(parents=True, exist_ok=True)
            written = f"{self.file}.{os.getpid()}"
            with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(kept, file)
            os.replace(written, self.file)

    def now(self, since):  # a clock that is turned back while it runs goes on nevertheless
        return int(max(time.time(), since + time.monotonic()))

    def answer(self, what, asking, body, status, text):  # the answer to act upon, its moment, and until when it is good
        asked, kept = {"app": self.app, "route": "POST /api/" + what, "nonce": asking["nonce"], "request": body,
                       "code": asking.get("code"), "machine": asking["machine_code"]}, self.kept()
        payload, said = check(self.roots, asked, status, text, max(self.now(self.proven), kept["proven"]))
        at = payload["iat"]
        self.proven = self.started = at - time.monotonic()
        is_final = what == "validate" and (status == 200 or status // 100 == 4) and status not in (408, 429)
        if is_final and status == 200 and "offline_until" in payload:
            kept["proof"] = parse(text)["proof"]
        elif (is_final or said.get("unbound") or said.get("released")) and is_about(kept["proof"], asked["code"]):
            kept["proof"] = ""
        self.keep({**kept, "latest": max(int(time.time()), at), "proven": max(kept["proven"], at)})
        return said, at, payload["exp"]

    def start(self, code, machine):  # the same of the kept lease
        kept, clock = self.kept(), int(time.time())
        latest = max(kept["latest"], kept["proven"], self.now(self.started))
        payload, said = check_lease(self.roots, kept["proof"], self.app, code, machine, clock, latest)
        self.keep({**kept, "latest": latest})
        return {**said, "renew_after": None}, clock, payload["offline_until"]  # when it was to renew is long gone
