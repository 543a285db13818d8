// Proofs of what kami answers, and the lease kept for a start without network: goes beside kami.mjs.
import { createHash, createPublicKey, verify } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

function need(fact, what) {
  if (!fact) throw new Error(`no proof: ${what}`);
}

export function decode(text) { // the one way to write it, and no other
  const data = Buffer.from(text, "base64url");
  need(data.toString("base64url") === text, "base64");
  return data;
}

export function isSigned(signed, signature, key) { // ES256: r and s by the key 04, x, y
  if (signature.length !== 64 || key.length !== 65 || key[0] !== 4) return false;
  const [x, y] = [key.subarray(1, 33), key.subarray(33)].map((part) => part.toString("base64url"));
  const point = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } });
  return verify("sha256", signed, { key: point, dsaEncoding: "ieee-p1363" }, signature);
}

const members = (found) => typeof found !== "object" || found === null ? 0
  : Object.values(found).reduce((sum, value) => sum + members(value) + !Array.isArray(found), 0);

function parse(text) { // each member has a colon outside of texts; one that stands there twice is found once
  const found = JSON.parse(text);
  need(typeof found === "object" && found !== null && !Array.isArray(found), "no object");
  need(text.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1 === members(found), "a member twice");
  return found;
}

const clock = () => Math.floor(Date.now() / 1000);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const digest = (nonce, text) =>
  text == null ? undefined : createHash("sha256").update(`${nonce}:${text}`).digest("base64url");

function jws(text, kind) {
  need(typeof text === "string" && text.length <= 32768, "its length");
  const parts = text.split(".");
  need(parts.length === 3, "its parts");
  const [header, payload] = parts.slice(0, 2).map((part) => parse(utf8.decode(decode(part))));
  need(header.alg === "ES256" && header.typ === kind && !Object.hasOwn(header, "crit"), "another kind");
  return { header, payload, signed: Buffer.from(`${parts[0]}.${parts[1]}`), signature: decode(parts[2]) };
}

// What it says, once it is known to come from the holder of a root key.
function opened(text, roots, app, moment) {
  const proof = jws(text, "kami-proof+jws");
  const by = jws(proof.header.crt, "kami-certificate+jws");
  const { app: its = app, kid, jwk, iat, exp } = by.payload;
  need(roots.some((root) => isSigned(by.signed, by.signature, decode(root))), "not by a pinned key");
  need(its === app && typeof kid === "string" && kid === proof.header.kid, "another certificate");
  need(exp > moment, "the certificate is over");
  need(jwk.kty === "EC" && jwk.crv === "P-256", "another kind of key");
  const key = Buffer.concat([Buffer.of(4), decode(jwk.x), decode(jwk.y)]);
  need(isSigned(proof.signed, proof.signature, key), "not by its key");
  const payload = proof.payload;
  need(payload.app === app && iat <= payload.iat && payload.iat < exp, "its app or moment");
  return payload;
}

// With the texts that it has only digests of; without, where nobody says them.
function restored(answer, said, nonce) {
  if (Array.isArray(answer)) return answer.map((value, index) => restored(value, said?.[index], nonce));
  if (typeof answer === "object" && answer !== null) {
    return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, restored(value,
      said && Object.hasOwn(said, name) ? said[name] : undefined, nonce)]));
  }
  if (typeof answer !== "string" || !answer.startsWith("sha256:")) return answer;
  need(nonce === null || typeof said === "string" && answer === `sha256:${digest(nonce, said)}`, "another text");
  return said;
}

// Of an answer: what its proof says, and the answer to act upon. asked: what was sent; its request is the body.
export function check(roots, asked, status, body, moment) {
  const reply = parse(body);
  const payload = opened(reply.proof, roots, asked.app, moment);
  need(payload.nonce === asked.nonce && payload.route === asked.route, "of another request");
  for (const name of ["code", "machine", "request"]) {
    need(payload[name] === digest(asked.nonce, asked[name]), `another ${name}`);
  }
  need(payload.status === status, "another status");
  return { payload, answer: restored(payload.answer, reply, asked.nonce) };
}

// The same of a kept lease, where it lets start.
export function checkLease(roots, proof, app, code, machine, clock, latest) {
  const moment = Math.max(clock, latest);
  const payload = opened(proof, roots, app, moment);
  const { route, status, nonce, iat, answer, offline_until: until } = payload;
  need(route === "POST /api/validate" && status === 200 && answer.status === "success", "no admission");
  need(payload.code === digest(nonce, code) && payload.machine === digest(nonce, machine), "another card or machine");
  need(until > moment, "it is over");
  need(clock >= Math.max(latest, iat) - 300, "the clock was turned back");
  return { payload, answer: restored(answer, undefined, null) };
}

// Its file: the lease, the latest moment seen, and the latest proven: a clock may have been wrong once.
export class Trust {
  #started = Date.now() - performance.now();
  #proven = 0;

  constructor(roots, app, file) {
    Object.assign(this, { roots, app, file });
  }

  now(since) { // a clock that is turned back while it runs goes on nevertheless
    return Math.max(clock(), Math.floor((since + performance.now()) / 1000));
  }

  kept() {
    try {
      const { proof = "", latest, proven } = JSON.parse(readFileSync(this.file, "utf8"));
      return { proof, latest: Number(latest) || 0, proven: Number(proven) || 0 };
    } catch {
      return { proof: "", latest: 0, proven: 0 };
    }
  }

  keep(kept) {
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      writeFileSync(`${this.file}.${process.pid}`, JSON.stringify(kept), { mode: 0o600 });
      renameSync(`${this.file}.${process.pid}`, this.file);
    } catch { /* then it starts with network only */ }
  }

  answer(asked, status, body) { // the answer to act upon, its moment, and until when it is good
    const kept = this.kept(), moment = Math.max(this.now(this.#proven), kept.proven);
    const { payload, answer } = check(this.roots, asked, status, body, moment);
    let lease = {};
    try { lease = jws(kept.proof, "kami-proof+jws").payload; } catch { /* none */ }
    const isFinal = asked.route === "POST /api/validate" && /^(200|4(?!08|29)..)$/.test(status);
    const ends = lease.code === digest(lease.nonce, asked.code) && (isFinal || answer.unbound || answer.released);
    const keeps = isFinal && status === 200 && payload.offline_until !== undefined;
    if (ends || keeps) kept.proof = keeps ? JSON.parse(body).proof : "";
    this.#proven = this.#started = payload.iat * 1000 - performance.now();
    this.keep({ ...kept, latest: Math.max(clock(), payload.iat), proven: Math.max(kept.proven, payload.iat) });
    return [answer, payload.iat, payload.exp];
  }

  start(code, machine) { // the same of the kept lease
    const kept = this.kept();
    const latest = Math.max(kept.latest, kept.proven, this.now(this.#started));
    const { payload, answer } = checkLease(this.roots, kept.proof, this.app, code, machine, clock(), latest);
    this.keep({ ...kept, latest });
    return [{ ...answer, renew_after: null }, clock(), payload.offline_until]; // when it was to renew is long gone
  }
}
