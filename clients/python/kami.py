"""kami in Python 3.8+, standard library only: paste it in and call validate(code) and the like off the UI thread."""
import collections, datetime, hashlib, json, os, random, re, secrets, sys, threading, time, urllib.error, urllib.request
from pathlib import Path
from kami_device import Trust, machine_id

APP = "my-app"  # your app's own name: it keeps your machine codes apart from other sellers'
PRODUCT = "default"  # the app in kami that your cards are of
VERSION = "1.0.0"  # of your app: kami may tell of a newer one, or want one
SERVER = "http://127.0.0.1:5000"  # yours, with https
WAIT, TIMEOUT = 1, 10  # seconds
ROOT_KEYS = []  # what `kami keys pin` prints; with none, whoever the address leads to is believed
# outcome: "granted" (done, as message says), "refused" (final) or "outage" (nobody could tell)
# said: the server's answer: "expire_at" (None: for ever), "points", "app": {"latest", "minimum", "url", "notice",
# "values"} as far as your app in kami says them, "url" of a newer version than one that is refused; see openapi.yaml
# lasts: for how many seconds a program that runs may rely on it; ask_after: when it had best ask again
Answer = collections.namedtuple("Answer", "outcome message said lasts ask_after", defaults=[{}, 3600, 1800])

def folder():
    return Path(os.environ.get("APPDATA") or os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", APP)

TRUST = Trust(ROOT_KEYS, PRODUCT, folder()) if ROOT_KEYS else None

def machine_code():  # the same at every start, another on every machine; hashed, so it tells no more
    return hashlib.sha256(f"{APP}:{machine_id(folder())}".encode()).hexdigest()

def span(seconds):  # for people, rounded up: "90 min"
    sizes = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")]
    size, unit = next((size, unit) for size, unit in sizes if seconds >= 2 * size or size == 1)
    return f"{-(-seconds // size)} {unit}"

def ask(what, tries=4, timeout=TIMEOUT, again=False, **fields):
    for attempt in range(tries):
        asked = trouble = ""
        try:
            asking = {"machine_code": machine_code(), "app": PRODUCT, **fields}
            if TRUST:
                asking["nonce"] = secrets.token_urlsafe(32)
            body, headers = json.dumps(asking), {"Content-Type": "application/json"}
            device = TRUST.sign(headers, what, asking["nonce"], body) if TRUST else None
            request = urllib.request.Request(SERVER.rstrip("/") + "/api/" + what, body.encode(), headers)
            try:
                reply = urllib.request.urlopen(request, timeout=timeout)
            except urllib.error.HTTPError as error:
                reply = error  # an answer too
            trouble, asked = f"HTTP {reply.code}", reply.headers.get("Retry-After", "")
            text = reply.read(262144)
            said, at, until = json.loads(text), time.time(), time.time() + 3600  # a captive portal's page fails here
            if TRUST:
                trouble += ", no proof"
                said, at, until = TRUST.answer(what, asking, body, device, reply.code, text)
                trouble = f"HTTP {reply.code}"
            if reply.code == 200 and said["status"] == "success":
                return granted(said, at, until)
            if reply.code // 100 == 4 and said["status"] == "error":
                trouble = said["message"] + (f" ({span(int(asked))})" if asked.isdecimal() else "")
                if device and said.get("reason") == "signature_expired" and not again:  # its proof told the moment
                    return ask(what, tries, timeout, True, **fields)
                if reply.code not in (408, 429):
                    return Answer("refused", trouble, said)
        except Exception as error:  # whatever it was, nobody said yes or no
            trouble = trouble or str(error)
        if attempt + 1 < tries:  # the server's own wish counts, within limits; jitter spreads a crowd out
            asked = float(asked) if asked.isdecimal() else 0
            time.sleep(max(WAIT * 2**attempt, min(asked, WAIT * 10)) * (1 + random.random() / 2))
    return Answer("outage", f"no usable answer from the licence server: {trouble}")

def granted(said, at, until):  # said at that moment, good until the other
    left = lambda name: datetime.datetime.fromisoformat(said[name]).timestamp() - at if said.get(name) else until - at
    lasts = min(3600, until - at, left("lease_until"))
    return Answer("granted", said.get("message") or "", said, lasts, min(lasts / 2, max(left("renew_after"), WAIT)))

def validate(code):
    answer = ask("validate", code=code, version=VERSION)
    try:
        return granted(*TRUST.start(code, machine_code())) if TRUST and answer.outcome == "outage" else answer
    except Exception:  # it keeps no lease and no licence, or none that lets it start now
        return answer

def licence(path, code):  # for a machine that is never online: keeps the licence of this file
    try:
        return granted(*TRUST.install(path, code, machine_code()))
    except Exception:
        return Answer("refused", "no licence of this card for this machine")

def last_answer(code, answer):  # asks again while the app runs: the answer with which it has to end
    until = 0
    while answer.outcome != "refused":
        if answer.outcome == "granted":
            until, pause = time.monotonic() + answer.lasts, answer.ask_after
        elif time.monotonic() >= until:
            break
        else:
            pause = (until - time.monotonic()) / 2
        time.sleep(max(pause, WAIT))
        answer = validate(code)
    return answer

def watch(code, answer, stop):  # in the background, once that answer granted it: stop is called with the last one
    threading.Thread(target=lambda: stop(last_answer(code, answer)), daemon=True).start()

def release(code):  # at the end of an app whose seats are leased
    answer = ask("release", tries=1, timeout=2, code=code)
    message = "released" if answer.said.get("released") else "nothing to release"
    return answer._replace(message=message) if answer.outcome == "granted" else answer

def unbind(code):  # for another machine; three tries are within the minute in which a repeated one costs nothing
    answer = ask("unbind", tries=3, code=code)
    outcome, message, said = answer[:3]
    if outcome == "granted":
        cost, left = said.get("cost") or {}, said.get("remaining_unbinds")
        message = "unbound" if said.get("unbound") else "nothing left to unbind"
        message += f", {left} more within 30 days" if left is not None else ""
        message += f", paid {span(cost['seconds'])}" if "seconds" in cost else ""
        message += f", paid {cost['points']} points" if "points" in cost else ""
    return Answer(outcome, message, said)

def trial():  # one for each machine; keep said["code"], and validate that from then on
    answer = ask("trial", version=VERSION)
    return answer._replace(message=answer.said["code"]) if answer.outcome == "granted" else answer

def recharge(code, burnt):  # adds to the card what another one has, which is gone then
    answer = ask("recharge", code=code, **{"with": burnt})
    return answer._replace(message="topped up") if answer.outcome == "granted" else answer

if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    words = " ".join(rest)
    commands = {"--unbind": lambda: unbind(words), "--release": lambda: release(words), "--trial": trial,
                "--recharge": lambda: recharge("".join(rest[:1]), " ".join(rest[1:])),
                "--licence": lambda: licence("".join(rest[:1]), " ".join(rest[1:])),
                "--watch": lambda: last_answer(words, validate(words))}
    answer = commands.get(what, lambda: validate(" ".join([what, *rest])))()
    sys.stdout.reconfigure(errors="replace")  # a console without Chinese is no reason to crash
    said, points = answer.said, answer.said.get("points")
    has = ", ".join(filter(None, [said.get("expire_at"), f"{points} points" if points is not None else None]))
    parts = [answer.message, f"({has})" if has else None, said.get("url"), (said.get("app") or {}).get("notice")]
    words = re.findall(r"[^\s\0-\x1f\x7f-\x9f]+", " ".join(filter(None, parts)))
    print(" ".join(words))  # on one line, without what a terminal obeys
    sys.exit(["granted", "refused", "outage"].index(answer.outcome))
