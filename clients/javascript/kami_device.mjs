// What an app keeps on its machine: its id, the key by which it signs, its lease or licence: goes beside kami.mjs.
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { check, checkLease, checkLicence, digest, jws, parse, signed, thumbprint } from "./kami_proof.mjs";

const file = (path) => () => readFileSync(path, "utf8");
const run = (command, ...args) => () => execFileSync(command, args, { encoding: "utf8", windowsHide: true });
const clock = () => Math.floor(Date.now() / 1000);

export function machineId(folder) { // the same at every start, another on every machine
  const own = join(folder, "machine-id");
  for (const read of [file("/etc/machine-id"), file("/var/lib/dbus/machine-id"),
    run("reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid", "/reg:64"),
    run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice"), file(own)]) {
    try {
      return /(?:^|REG_SZ +|"IOPlatformUUID" = ")([0-9A-Fa-f-]{32,36})\b/.exec(read())[1];
    } catch { /* not here: try the next */ }
  }
  mkdirSync(folder, { recursive: true }); // a container, perhaps: make an id once and keep it
  writeFileSync(own, randomUUID());
  return machineId(folder);
}

function put(path, text, place = renameSync) { // a file for this user alone; renameSync replaces what is there
  const written = `${path}.${randomUUID()}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(written, text, { mode: 0o600, flag: "wx" });
    place(written, path);
  } finally {
    rmSync(written, { force: true });
  }
}

// The key of this device, a private JWK, made the first time; undefined: it has none, and signs nothing.
// A TPM (NCryptCreatePersistedKey on Windows) or a Secure Enclave (SecKeyCreateRandomKey) makes keys that nobody
// copies: an app with a native module that calls them keeps its key there. This one is in a file.
function deviceKey(path) {
  try {
    if (!statSync(path, { throwIfNoEntry: false })) {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      put(path, JSON.stringify(privateKey.export({ format: "jwk" })), linkSync);
    }
  } catch { /* another process was faster, or there is no place for it */ }
  try {
    const { crv, d, kty, x, y } = parse(readFileSync(path, "utf8")), key = { crv, d, kty, x, y };
    signed(key, {}, {}); // throws where it is none
    return key;
  } catch { /* it is left as it is: the server tells what to do */ }
}

// Its files: the key, a licence, and the lease with the number that an admission told last, the latest moment seen, and
// the latest proven: a clock may have been wrong once.
export class Trust {
  #started = Date.now() - performance.now();
  #proven = 0;

  constructor(roots, app, folder) {
    Object.assign(this, { roots, app, folder, file: join(folder, "licence.json") });
  }

  now(since) { // a clock that is turned back while it runs goes on nevertheless
    return Math.max(clock(), Math.floor((since + performance.now()) / 1000));
  }

  key() {
    return deviceKey(join(this.folder, "device.json"));
  }

  kept() {
    try {
      const { proof = "", latest, proven, sequence } = JSON.parse(readFileSync(this.file, "utf8"));
      return { proof, latest: Number(latest) || 0, proven: Number(proven) || 0, sequence: Number(sequence) || 0 };
    } catch {
      return { proof: "", latest: 0, proven: 0, sequence: 0 };
    }
  }

  keep(kept) {
    try {
      put(this.file, JSON.stringify(kept));
    } catch { /* then it starts with network only */ }
  }

  sign(request) { // the header of the device; the request's device is the thumbprint of its key then
    const key = this.key(), { route, nonce } = request;
    if (!key) return {};
    const { crv, kty, x, y } = key;
    const iat = this.#proven ? Math.floor((this.#proven + performance.now()) / 1000) : clock();
    const says = { iat, nonce, route, request: digest(nonce, request.request), sequence: this.kept().sequence };
    request.device = thumbprint(key);
    return { "Kami-Device": signed(key, { alg: "ES256", typ: "kami-device+jws", jwk: { crv, kty, x, y } }, says) };
  }

  answer(asked, status, body) { // the answer to act upon, its moment, and until when it is good
    const kept = this.kept(), moment = Math.max(this.now(this.#proven), kept.proven);
    const { payload, answer } = check(this.roots, asked, status, body, moment);
    let lease = {};
    try { lease = jws(kept.proof).payload; } catch { /* none */ }
    const isFinal = asked.route === "POST /api/validate" && /^(200|4(?!08|29)..)$/.test(status);
    const ends = lease.code === digest(lease.nonce, asked.code) && (isFinal || answer.unbound || answer.released);
    const keeps = isFinal && status === 200 && payload.offline_until !== undefined;
    if (ends || keeps) kept.proof = keeps ? JSON.parse(body).proof : "";
    kept.sequence = answer.device_sequence ?? kept.sequence;
    this.#proven = this.#started = payload.iat * 1000 - performance.now();
    this.keep({ ...kept, latest: Math.max(clock(), payload.iat), proven: Math.max(kept.proven, payload.iat) });
    return [answer, payload.iat, payload.exp];
  }

  startedBy(check, text, code, machine) { // the same of a lease or a licence
    const kept = this.kept(), key = this.key();
    const latest = Math.max(kept.latest, kept.proven, this.now(this.#started));
    const asked = { app: this.app, code, machine, device: key && thumbprint(key) };
    const { payload, answer } = check(this.roots, text, asked, clock(), latest);
    this.keep({ ...kept, latest });
    const until = payload.offline_until ?? payload.exp ?? clock() + 3600;
    return [{ ...answer, renew_after: null }, clock(), until]; // when it was to renew is long gone
  }

  start(code, machine) { // the same of the kept lease, or else of the licence
    try {
      return this.startedBy(checkLease, this.kept().proof, code, machine);
    } catch {
      return this.startedBy(checkLicence, readFileSync(join(this.folder, "licence.txt"), "latin1"), code, machine);
    }
  }

  install(path, code, machine) { // keeps the licence of a file, if it is one for here
    const text = readFileSync(path);
    const found = this.startedBy(checkLicence, text.toString("latin1"), code, machine);
    put(join(this.folder, "licence.txt"), text);
    return found;
  }
}
