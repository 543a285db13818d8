// kami in JavaScript: Node 18+ or Electron's main process, no packages. Paste it in, call validate(code) and the like.
import { createHash, randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { machineId, Trust } from "./kami_device.mjs";

const APP = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
const PRODUCT = "default"; // the app in kami that your cards are of
const VERSION = "1.0.0"; // of your app: kami may tell of a newer one, or want one
const SERVER = "http://127.0.0.1:5000"; // yours, with https
const [WAIT, TIMEOUT] = [1, 10]; // seconds
const ROOT_KEYS = []; // what `kami keys pin` prints; with none, whoever the address leads to is believed

const { APPDATA, XDG_CONFIG_HOME } = process.env;
const folder = join(APPDATA || XDG_CONFIG_HOME || join(homedir(), ".config"), APP);
const trust = ROOT_KEYS.length > 0 ? new Trust(ROOT_KEYS, PRODUCT, folder) : null;

export function machineCode() { // the same at every start, another on every machine; hashed: it tells no more
  return createHash("sha256").update(`${APP}:${machineId(folder)}`).digest("hex");
}

const span = (seconds) => { // for people, rounded up: "90 min"
  const sizes = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, unit] = sizes.find(([size]) => seconds >= 2 * size || size === 1);
  return `${Math.ceil(seconds / size)} ${unit}`;
};

// outcome: "granted" (done, as message says), "refused" (final) or "outage" (nobody could tell)
// The rest is the server's answer: expire_at (null: for ever), points, app: { latest, minimum, url, notice, values } as
// far as your app in kami says them, the url of a newer version than one that is refused; see openapi.yaml
// lasts: for how many seconds a program that runs may rely on it; askAfter: when it had best ask again
async function ask(what, fields, tries = 4, timeout = TIMEOUT, again = false) {
  let trouble;
  for (let attempt = 0; attempt < tries; attempt++) {
    let asked = 0;
    trouble = "";
    try {
      const [machine, nonce] = [machineCode(), trust ? randomBytes(32).toString("base64url") : undefined];
      const body = JSON.stringify({ machine_code: machine, app: PRODUCT, ...fields, nonce });
      const request = { app: PRODUCT, route: `POST /api/${what}`, nonce, code: fields.code, machine, request: body };
      const header = trust?.sign(request);
      const reply = await fetch(SERVER.replace(/\/+$/, "") + "/api/" + what, {
        method: "POST", headers: { "Content-Type": "application/json", ...header }, body,
        signal: AbortSignal.timeout(timeout * 1000),
      });
      trouble = `HTTP ${reply.status}`;
      asked = Number(reply.headers.get("Retry-After")) || 0;
      const text = await reply.text();
      let [said, at, until] = [JSON.parse(text), Date.now() / 1000, Date.now() / 1000 + 3600]; // another page throws
      if (trust) {
        trouble += ", no proof";
        [said, at, until] = trust.answer(request, reply.status, text);
        trouble = `HTTP ${reply.status}`;
      }
      if (reply.status === 200 && said.status === "success") return granted(said, at, until);
      if (reply.status >= 400 && reply.status < 500 && said.status === "error") {
        trouble = said.message + (asked > 0 ? ` (${span(asked)})` : "");
        // The proof of that told the moment.
        const signsAgain = request.device && said.reason === "signature_expired" && !again;
        if (signsAgain) return ask(what, fields, tries, timeout, true);
        if (![408, 429].includes(reply.status)) return { ...said, outcome: "refused", message: trouble };
      }
    } catch (error) { // whatever it was, nobody said yes or no
      trouble ||= error.cause?.message || error.cause?.code || error.message;
    }
    // The server's own wish counts, within limits; jitter spreads a crowd out.
    const pause = Math.max(WAIT * 2 ** attempt, Math.min(asked, WAIT * 10)) * (1 + Math.random() / 2);
    if (attempt + 1 < tries) await new Promise((done) => setTimeout(done, pause * 1000));
  }
  return { outcome: "outage", message: `no usable answer from the licence server: ${trouble}` };
}

function granted(said, at, until) { // said at that moment, good until the other
  const left = (moment) => (Date.parse(moment) / 1000 || until) - at;
  const lasts = Math.min(3600, until - at, left(said.lease_until));
  return { ...said, outcome: "granted", lasts, askAfter: Math.min(lasts / 2, Math.max(left(said.renew_after), WAIT)) };
}

export async function validate(code) {
  const answer = await ask("validate", { code, version: VERSION });
  try {
    if (answer.outcome !== "outage" || !trust) return answer;
    return granted(...trust.start(code, machineCode()));
  } catch { // it keeps no lease and no licence, or none that lets it start now
    return answer;
  }
}

export function licence(path, code) { // for a machine that is never online: keeps the licence of this file
  try {
    return granted(...trust.install(path, code, machineCode()));
  } catch {
    return { outcome: "refused", message: "no licence of this card for this machine" };
  }
}

// In the background, once that answer granted it: stop is called with the last one. The timer keeps no app from ending.
export function watch(code, answer, stop, until = 0) {
  const now = performance.now() / 1000;
  const end = answer.outcome === "granted" ? now + answer.lasts : until;
  if (answer.outcome !== "granted" && (answer.outcome === "refused" || now >= end)) return stop(answer);
  const pause = answer.outcome === "granted" ? answer.askAfter : (end - now) / 2;
  const again = async () => watch(code, await validate(code), stop, end);
  return setTimeout(again, Math.max(pause, WAIT) * 1000).unref();
}

export async function release(code) { // at the end of an app whose seats are leased
  const answer = await ask("release", { code }, 1, 2);
  const message = answer.released ? "released" : "nothing to release";
  return answer.outcome === "granted" ? { ...answer, message } : answer;
}

export async function unbind(code) { // for another machine; three tries are within the minute in which none pays twice
  const answer = await ask("unbind", { code }, 3);
  const { outcome, unbound, cost, remaining_unbinds: left } = answer;
  const parts = [unbound ? "unbound" : "nothing left to unbind", left != null && `${left} more within 30 days`,
    cost?.seconds && `paid ${span(cost.seconds)}`, cost?.points && `paid ${cost.points} points`];
  return outcome === "granted" ? { ...answer, message: parts.filter(Boolean).join(", ") } : answer;
}

export async function trial() { // one for each machine; keep the code, and validate that from then on
  const answer = await ask("trial", { version: VERSION });
  return answer.outcome === "granted" ? { ...answer, message: answer.code } : answer;
}

export async function recharge(code, burnt) { // adds to the card what another one has, which is gone then
  const answer = await ask("recharge", { code, with: burnt });
  return answer.outcome === "granted" ? { ...answer, message: "topped up" } : answer;
}

if (basename(process.argv[1] ?? "") === "kami.mjs") { // run as a command
  const [what, ...rest] = process.argv.slice(2), words = rest.join(" ");
  const commands = { __proto__: null, "--unbind": unbind, "--release": release, "--trial": trial,
    "--recharge": () => recharge(rest[0], rest.slice(1).join(" ")),
    "--licence": () => licence(rest[0], rest.slice(1).join(" ")),
    "--watch": async () => {
      const alive = setInterval(() => {}, 60000);
      const answer = await validate(words);
      return new Promise((stop) => watch(words, answer, stop)).finally(() => clearInterval(alive));
    } };
  const answer = await (commands[what]?.(words) ?? validate([what, ...rest].join(" ")));
  const { outcome, message, expire_at: expiry, points, app, url } = answer;
  const has = [expiry, points != null && `${points} points`].filter(Boolean).join(", ");
  const parts = [message, has && `(${has})`, url, app?.notice];
  console.log(parts.filter(Boolean).join(" ").replace(/[\s\p{Cc}]+/gu, " ")); // without what a terminal obeys
  process.exitCode = ["granted", "refused", "outage"].indexOf(outcome);
}
