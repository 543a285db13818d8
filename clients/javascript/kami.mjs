// kami in JavaScript: Node 18+ or Electron's main process, no packages. Paste it in and call validate(code).
import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

const APP = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
const PRODUCT = "default"; // the app in kami that your cards are of
const VERSION = "1.0.0"; // of your app: kami may tell of a newer one, or want one
const { KAMI_URL, KAMI_WAIT = 1, KAMI_TIMEOUT = 10, APPDATA, XDG_CONFIG_HOME } = process.env; // seconds
const SERVER = KAMI_URL ?? "http://127.0.0.1:5000"; // in an app: a fixed https address

const file = (path) => () => readFileSync(path, "utf8");
const run = (command, ...args) => () => execFileSync(command, args, { encoding: "utf8", windowsHide: true });

export function machineCode() { // the same at every start, another on every machine; hashed: it tells no more
  const home = join(APPDATA || XDG_CONFIG_HOME || join(homedir(), ".config"), APP);
  const own = join(home, "machine-id");
  for (const read of [file("/etc/machine-id"), file("/var/lib/dbus/machine-id"),
    run("reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid", "/reg:64"),
    run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice"), file(own)]) {
    try {
      const [, id] = /(?:^|REG_SZ +|"IOPlatformUUID" = ")([0-9A-Fa-f-]{32,36})\b/.exec(read());
      return createHash("sha256").update(`${APP}:${id}`).digest("hex");
    } catch { /* not here: try the next */ }
  }
  mkdirSync(home, { recursive: true }); // a container, perhaps: make an id once and keep it
  writeFileSync(own, randomUUID());
  return machineCode();
}

// outcome: "admitted" (until expireAt; null: for ever), "refused" (final) or "outage" (nobody could tell)
// url: where to get a newer version than one that is refused; app: what your app in kami says, as far as it does:
// { latest, minimum, url, notice, values: { name: text } }
export async function validate(code, server = SERVER, wait = KAMI_WAIT, timeout = KAMI_TIMEOUT, tries = 4) {
  let trouble;
  for (let attempt = 0; attempt < tries; attempt++) {
    let asked = 0;
    trouble = "";
    try {
      const reply = await fetch(server.replace(/\/+$/, "") + "/api/validate", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ code, machine_code: machineCode(), app: PRODUCT, version: VERSION }),
        signal: AbortSignal.timeout(timeout * 1000),
      });
      trouble = `HTTP ${reply.status}`;
      asked = Number(reply.headers.get("Retry-After")) || 0;
      const { status, message, expire_at: expireAt, app = {}, url } = await reply.json(); // another page may throw
      if (reply.status === 200 && status === "success") return { outcome: "admitted", message, expireAt, app };
      const final = reply.status >= 400 && reply.status < 500 && ![408, 429].includes(reply.status);
      if (final && status === "error") return { outcome: "refused", message, url };
      if (reply.status === 429 && status === "error") trouble = message; // too many wrong codes: the user has to wait
    } catch (error) { // whatever it was, nobody said yes or no
      trouble ||= error.cause?.message || error.cause?.code || error.message;
    }
    // The server's own wish counts, within limits; jitter spreads a crowd out.
    const pause = Math.max(wait * 2 ** attempt, Math.min(asked, wait * 10)) * (1 + Math.random() / 2);
    if (attempt + 1 < tries) await new Promise((done) => setTimeout(done, pause * 1000));
  }
  return { outcome: "outage", message: `no usable answer from the licence server: ${trouble}` };
}

if (basename(process.argv[1] ?? "") === "kami.mjs") { // run as a command
  const { outcome, message, expireAt, app, url } = await validate(process.argv.slice(2).join(" "));
  const parts = [message, expireAt && `(${expireAt})`, url, app?.notice];
  console.log(parts.filter(Boolean).join(" ").replace(/[\s\p{Cc}]+/gu, " ")); // without what a terminal obeys
  process.exitCode = ["admitted", "refused", "outage"].indexOf(outcome);
}
