"""What kami signs, and how a device signs: goes beside kami.py and kami_device.py, Python 3.8+."""
import base64, contextlib, hashlib, json, re, secrets

P = 2**256 - 2**224 + 2**192 + 2**96 - 1  # P-256: the field, the order, b and the base point
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5, 1)
PROOF, LICENCE = "kami-proof+jws", "kami-licence+jws"

def add(one, other):  # two points, projective: the complete formulas of Renes, Costello and Batina (2015) for a = -3
    (x, y, z), (u, v, w) = one, other
    xx, yy, zz, xy, yz, xz = x * u % P, y * v % P, z * w % P, x * v + y * u, y * w + z * v, x * w + z * u
    c, d = 3 * (xz - B * zz), B * xz - xx - 3 * zz
    return ((xy * (yy + c) - 3 * yz * d) % P, (9 * (xx - zz) * d + (yy - c) * (yy + c)) % P,
            (yz * (yy - c) + 3 * xy * (xx - zz)) % P)

def combined(a, b, point):  # x and y of a times the base point and b times another; None: of infinity
    total = (0, 1, 0)
    summands = [total, G, point, add(G, point)]
    for bit in range(255, -1, -1):
        total = add(add(total, total), summands[(a >> bit & 1) + 2 * (b >> bit & 1)])
    return [part * pow(total[2], -1, P) % P for part in total[:2]] if total[2] else None

def sha256_number(signed):
    return int.from_bytes(hashlib.sha256(signed).digest(), "big")

def is_signed(signed, signature, key):  # ES256: r and s by the key 04, x, y
    r, s, x, y = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:], key[1:33], key[33:]))
    if len(signature) != 64 or len(key) != 65 or key[0] != 4 or not (0 < r < N and 0 < s < N):
        return False
    if x >= P or y >= P or (y * y - x**3 + 3 * x - B) % P:
        return False
    back = pow(s, -1, N)
    point = combined(sha256_number(signed) * back % N, r * back % N, (x, y, 1))
    return point is not None and point[0] % N == r

def sign(signed, d):  # ES256. How long it takes tells something of d: in an app that has `cryptography`, let that sign
    r = s = 0
    while r == 0 or s == 0:
        k = 1 + secrets.randbelow(N - 1)
        r = combined(k, 0, G)[0] % N
        s = pow(k, -1, N) * (sha256_number(signed) + r * d) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")

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

def jwk_of(x, y):  # the members of a public key, in the order for its thumbprint
    return {"crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y)}

def thumbprint(jwk):
    return encode(hashlib.sha256(json.dumps(jwk, separators=(",", ":")).encode()).digest())

def opened(text, kind, roots, app, moment):  # what it says, once it is known to come from the holder of a root key
    header, payload, signed, signature = jws(text, kind)
    need(payload["app"] == app, "another app")
    if kind == LICENCE and "crt" not in header:
        signers = [root for root in map(decode, roots) if thumbprint(jwk_of(root[1:33], root[33:])) == header["kid"]]
        need(any(is_signed(signed, signature, root) for root in signers), "not by a pinned key")
        return payload
    _, certificate, certified, by_root = jws(header["crt"], "kami-certificate+jws")
    need(any(is_signed(certified, by_root, decode(root)) for root in roots), "not by a pinned key")
    need(certificate.get("app", app) == app and certificate["kid"] == header["kid"], "another certificate")
    need(certificate["exp"] > moment, "the certificate is over")
    jwk = certificate["jwk"]
    need(jwk["kty"] == "EC" and jwk["crv"] == "P-256", "another kind of key")
    need(is_signed(signed, signature, b"\4" + decode(jwk["x"]) + decode(jwk["y"])), "not by its key")
    need(certificate["iat"] <= payload["iat"] < certificate["exp"], "its moment")
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

# asked: "app", "route", "nonce", "code", "machine", "request", the body, and "device", the thumbprint of the key that
# signed it; None where it has none
def check(roots, asked, status, body, moment):  # of an answer: what its proof says, and the answer to act upon
    reply = parse(body)
    payload, nonce = opened(reply["proof"], PROOF, roots, asked["app"], moment), asked["nonce"]
    need(payload["nonce"] == nonce and payload["route"] == asked["route"], "of another request")
    for name in ("code", "machine", "request"):
        need(payload.get(name) == digest(nonce, asked[name]), f"another {name}")
    need(payload["status"] == status and payload.get("device") == asked["device"], "another status or device")
    return payload, restored(payload["answer"], reply, nonce)

def check_holder(payload, code, machine, device, clock, latest):  # whether a start by it is one of this app, now
    for name, text in (("code", code), ("machine", machine)):
        need(payload[name] == digest(payload["nonce"], text), f"another {name}")
    need(payload.get("device") in (None, device), "another device")
    need(payload["answer"]["status"] == "success", "no admission")
    need(clock >= max(latest, payload["iat"]) - 300, "the clock was turned back")
    return payload, restored(payload["answer"], None, None)

# The same of a kept lease, and of a licence in the text of a file, where they let start.
def check_lease(roots, proof, app, code, machine, device, clock, latest):
    payload = opened(proof, PROOF, roots, app, max(clock, latest))
    need(payload["route"] == "POST /api/validate" and payload["status"] == 200, "no admission")
    need(payload["offline_until"] > max(clock, latest), "it is over")
    return check_holder(payload, code, machine, device, clock, latest)

def check_licence(roots, text, app, code, machine, device, clock, latest):
    text = re.search("-----BEGIN KAMI LICENCE-----(.*?)-----END KAMI LICENCE-----", text, re.DOTALL).group(1)
    payload = opened(re.sub(r"[ \t\r\n]", "", text), LICENCE, roots, app, max(clock, latest))
    need(payload.get("exp") is None or payload["exp"] > max(clock, latest), "it is over")
    return check_holder(payload, code, machine, device, clock, latest)

def is_about(proof, code):  # whether the kept lease is of that card
    with contextlib.suppress(ValueError, KeyError, TypeError):
        payload = jws(proof, PROOF)[1]
        return payload["code"] == digest(payload["nonce"], code)
