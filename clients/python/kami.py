"""kami in Python 3.8+, standard library only: paste it in and call validate(code) off the UI thread."""
import collections, hashlib, json, os, random, re, subprocess, sys, time, uuid
import urllib.error, urllib.request
from pathlib import Path

APP = "my-app"  # your app's own name: it keeps your machine codes apart from other sellers'
PRODUCT = "default"  # the app in kami that your cards are of
VERSION = "1.0.0"  # of your app: kami may tell of a newer one, or want one
SERVER = os.environ.get("KAMI_URL", "http://127.0.0.1:5000")  # in an app: a fixed https address
WAIT, TIMEOUT = float(os.environ.get("KAMI_WAIT", 1)), float(os.environ.get("KAMI_TIMEOUT", 10))  # seconds
# outcome: "admitted" (until expire_at; None: for ever), "refused" (final) or "outage" (nobody could tell)
# url: where to get a newer version than one that is refused; app: what your app in kami says, as far as it does:
# {"latest": ..., "minimum": ..., "url": ..., "notice": ..., "values": {name: text}}
Answer = collections.namedtuple("Answer", "outcome message expire_at app url", defaults=[None, {}, None])

def run(command):
    return subprocess.run(command.split(), stdout=subprocess.PIPE, universal_newlines=True,
                          creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)).stdout

def machine_code():  # the same at every start, another on every machine; hashed, so it tells no more
    config = os.environ.get("APPDATA") or os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    own = Path(config, APP, "machine-id")
    for read in (Path("/etc/machine-id").read_text, Path("/var/lib/dbus/machine-id").read_text,
                 lambda: run(r"reg query HKLM\SOFTWARE\Microsoft\Cryptography /v MachineGuid /reg:64"),
                 lambda: run("ioreg -rd1 -c IOPlatformExpertDevice"), own.read_text):
        try:
            found = re.search(r'(?:^|REG_SZ +|"IOPlatformUUID" = ")([0-9A-Fa-f-]{32,36})\b', read())
        except OSError:
            continue  # not here: try the next
        if found:
            return hashlib.sha256(f"{APP}:{found.group(1)}".encode()).hexdigest()
    own.parent.mkdir(parents=True, exist_ok=True)  # a container, perhaps: make an id once and keep it
    own.write_text(uuid.uuid4().hex)
    return machine_code()

def validate(code, server=SERVER, wait=WAIT, timeout=TIMEOUT, tries=4):
    for attempt in range(tries):
        asked = trouble = ""
        try:
            body = {"code": code, "machine_code": machine_code(), "app": PRODUCT, "version": VERSION}
            request = urllib.request.Request(server.rstrip("/") + "/api/validate", json.dumps(body).encode(),
                                             {"Content-Type": "application/json"})
            try:
                reply = urllib.request.urlopen(request, timeout=timeout)
            except urllib.error.HTTPError as error:
                reply = error  # an answer too
            trouble, asked = f"HTTP {reply.code}", reply.headers.get("Retry-After", "")
            answer = json.loads(reply.read(65536))  # a captive portal's page fails here
            if reply.code == 200 and answer["status"] == "success":
                return Answer("admitted", answer["message"], answer["expire_at"], answer.get("app", {}))
            if reply.code // 100 == 4 and reply.code not in (408, 429) and answer["status"] == "error":
                return Answer("refused", answer["message"], url=answer.get("url"))
            if reply.code == 429 and answer["status"] == "error":  # too many wrong codes: the user has to wait
                trouble = answer["message"]
        except Exception as error:  # whatever it was, nobody said yes or no
            trouble = trouble or str(error)
        if attempt + 1 < tries:  # the server's own wish counts, within limits; jitter spreads a crowd out
            asked = float(asked) if asked.isdecimal() else 0
            time.sleep(max(wait * 2**attempt, min(asked, wait * 10)) * (1 + random.random() / 2))
    return Answer("outage", f"no usable answer from the licence server: {trouble}")

if __name__ == "__main__":
    outcome, message, expire_at, app, url = validate(" ".join(sys.argv[1:]))
    sys.stdout.reconfigure(errors="replace")  # a console without Chinese is no reason to crash
    parts = [message, expire_at and f"({expire_at})", url, app.get("notice")]
    words = re.findall(r"[^\s\0-\x1f\x7f-\x9f]+", " ".join(filter(None, parts)))
    print(" ".join(words))  # on one line, without what a terminal obeys
    sys.exit(["admitted", "refused", "outage"].index(outcome))
