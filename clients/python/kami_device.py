"""What an app keeps on its machine: its id, the key by which it signs, its lease or licence: goes beside kami.py."""
import contextlib, json, os, re, secrets, subprocess, time, uuid
from pathlib import Path
from kami_proof import (G, N, check, check_lease, check_licence, combined, decode, digest, encode, is_about, jwk_of,
                        need, parse, sign, thumbprint)

def run(command):
    return subprocess.run(command.split(), stdout=subprocess.PIPE, universal_newlines=True,
                          creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)).stdout

def machine_id(folder):  # the same at every start, another on every machine
    own = folder / "machine-id"
    for read in (Path("/etc/machine-id").read_text, Path("/var/lib/dbus/machine-id").read_text,
                 lambda: run(r"reg query HKLM\SOFTWARE\Microsoft\Cryptography /v MachineGuid /reg:64"),
                 lambda: run("ioreg -rd1 -c IOPlatformExpertDevice"), own.read_text):
        try:
            found = re.search(r'(?:^|REG_SZ +|"IOPlatformUUID" = ")([0-9A-Fa-f-]{32,36})\b', read())
        except OSError:
            continue  # not here: try the next
        if found:
            return found.group(1)
    folder.mkdir(parents=True, exist_ok=True)  # a container, perhaps: make an id once and keep it
    own.write_text(uuid.uuid4().hex)
    return machine_id(folder)

@contextlib.contextmanager
def written(file, data):  # a file for this user alone that has the data, until it is put in the place of the other
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
        yield new
    finally:
        with contextlib.suppress(OSError):
            new.unlink()

def public_key(d):  # as a JWK
    return jwk_of(*(part.to_bytes(32, "big") for part in combined(d, 0, G)))

# A TPM (NCryptCreatePersistedKey on Windows) or a Secure Enclave (SecKeyCreateRandomKey) makes keys that nobody copies:
# an app that can call them keeps its key there. This one is in a file.
def device_key(file):  # its number and its public JWK, made the first time; None: it has none, and signs nothing
    try:
        if not os.path.lexists(file):
            d = 1 + secrets.randbelow(N - 1)
            key = {**public_key(d), "d": encode(d.to_bytes(32, "big"))}
            with written(file, json.dumps(key).encode()) as new, contextlib.suppress(FileExistsError):
                os.link(new, file)  # if no other process was faster
        key = parse(file.read_bytes())
        d = int.from_bytes(decode(key["d"]), "big")
        public = public_key(d)
        need(0 < d < N and {**key, **public} == key, "no key")
        return d, public
    except Exception:  # one that cannot be read is left as it is: the server tells what to do
        return None

# Its files: the key, a licence, and the lease with the number that an admission told last, the latest moment seen, and
# the latest proven: a clock may have been wrong once.
class Trust:
    def __init__(self, roots, app, folder):
        self.roots, self.app, self.folder, self.file = roots, app, folder, folder / "licence.json"
        self.proven, self.started = 0, time.time() - time.monotonic()

    def kept(self):
        found = {"latest": 0, "proven": 0, "sequence": 0, "proof": ""}
        with contextlib.suppress(OSError, ValueError, TypeError):
            kept = parse(self.file.read_bytes())
            found.update((name, type(none)(kept[name])) for name, none in list(found.items()) if name in kept)
        return found

    def keep(self, kept):
        with contextlib.suppress(OSError):  # without a place for it the app starts with network only
            with written(self.file, json.dumps(kept).encode()) as new:
                os.replace(new, self.file)

    def now(self, since):  # a clock that is turned back while it runs goes on nevertheless
        return int(max(time.time(), since + time.monotonic()))

    def key(self):
        return device_key(self.folder / "device.json")

    def sign(self, headers, what, nonce, body):  # adds the header of the device; the thumbprint of its key
        key = self.key()
        if key is None:
            return None
        d, public = key
        head = {"alg": "ES256", "typ": "kami-device+jws", "jwk": public}
        says = {"iat": int(self.proven + time.monotonic() if self.proven else time.time()), "nonce": nonce,
                "route": "POST /api/" + what, "request": digest(nonce, body), "sequence": self.kept()["sequence"]}
        text = ".".join(encode(json.dumps(part).encode()) for part in (head, says))
        headers["Kami-Device"] = f"{text}.{encode(sign(text.encode(), d))}"
        return thumbprint(public)

    # The answer to act upon, its moment, and until when it is good.
    def answer(self, what, asking, body, device, status, text):
        asked, kept = {"app": self.app, "route": "POST /api/" + what, "nonce": asking["nonce"], "request": body,
                       "code": asking.get("code"), "machine": asking["machine_code"], "device": device}, self.kept()
        payload, said = check(self.roots, asked, status, text, max(self.now(self.proven), kept["proven"]))
        at = payload["iat"]
        self.proven = self.started = at - time.monotonic()
        is_final = what == "validate" and (status == 200 or status // 100 == 4) and status not in (408, 429)
        if is_final and status == 200 and "offline_until" in payload:
            kept["proof"] = parse(text)["proof"]
        elif (is_final or said.get("unbound") or said.get("released")) and is_about(kept["proof"], asked["code"]):
            kept["proof"] = ""
        kept["sequence"] = said.get("device_sequence", kept["sequence"])
        self.keep({**kept, "latest": max(int(time.time()), at), "proven": max(kept["proven"], at)})
        return said, at, payload["exp"]

    def started_by(self, check, text, code, machine):  # the same of a lease or a licence
        kept, clock = self.kept(), int(time.time())
        latest = max(kept["latest"], kept["proven"], self.now(self.started))
        key = self.key()
        device = key and thumbprint(key[1])
        payload, said = check(self.roots, text, self.app, code, machine, device, clock, latest)
        self.keep({**kept, "latest": latest})
        until = payload.get("offline_until") or payload.get("exp") or clock + 3600
        return {**said, "renew_after": None}, clock, until  # when it was to renew is long gone

    def start(self, code, machine):  # the same of the kept lease, or else of the licence
        with contextlib.suppress(Exception):
            return self.started_by(check_lease, self.kept()["proof"], code, machine)
        text = (self.folder / "licence.txt").read_text("latin-1")
        return self.started_by(check_licence, text, code, machine)

    def install(self, path, code, machine):  # keeps the licence of a file, if it is one for here
        data = Path(path).read_bytes()
        found = self.started_by(check_licence, data.decode("latin-1"), code, machine)
        with written(self.folder / "licence.txt", data) as new:
            os.replace(new, self.folder / "licence.txt")
        return found
