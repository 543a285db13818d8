// What kami signs, and how a device signs: goes beside kami.mjs and kami_device.mjs.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

const PROOF = "kami-proof+jws", LICENCE = "kami-licence+jws";

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
  const point = createPublicKey({ format: "jwk", key: jwkOf(key) });
  return verify("sha256", signed, { key: point, dsaEncoding: "ieee-p1363" }, signature);
}

function jwkOf(key) { // a public one, its members in the order for the thumbprint
  const [x, y] = [key.subarray(1, 33), key.subarray(33)].map((part) => part.toString("base64url"));
  return { crv: "P-256", kty: "EC", x, y };
}

export const thumbprint = ({ crv, kty, x, y }) =>
  createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");

export function signed(key, header, payload) { // a JWS by a private JWK
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const by = { key: createPrivateKey({ format: "jwk", key }), dsaEncoding: "ieee-p1363" };
  const signature = sign("sha256", Buffer.from(text), by);
  const point = Buffer.concat([Buffer.of(4), decode(key.x), decode(key.y)]);
  need(isSigned(Buffer.from(text), signature, point), "a key that is none");
  return `${text}.${signature.toString("base64url")}`;
}

const members = (found) => typeof found !== "object" || found === null ? 0
  : Object.values(found).reduce((sum, value) => sum + members(value) + !Array.isArray(found), 0);

export function parse(text) { // each member has a colon outside of texts; one that stands there twice is found once
  const found = JSON.parse(text);
  need(typeof found === "object" && found !== null && !Array.isArray(found), "no object");
  need(text.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1 === members(found), "a member twice");
  return found;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
export const digest = (nonce, text) =>
  text == null ? undefined : createHash("sha256").update(`${nonce}:${text}`).digest("base64url");

export function jws(text, kind = PROOF) {
  need(typeof text === "string" && text.length <= 32768, "its length");
  const parts = text.split(".");
  need(parts.length === 3, "its parts");
  const [header, payload] = parts.slice(0, 2).map((part) => parse(utf8.decode(decode(part))));
  need(header.alg === "ES256" && header.typ === kind && !Object.hasOwn(header, "crit"), "another kind");
  return { header, payload, signed: Buffer.from(`${parts[0]}.${parts[1]}`), signature: decode(parts[2]) };
}

// What it says, once it is known to come from the holder of a root key.
function opened(text, roots, app, moment, kind = PROOF) {
  const proof = jws(text, kind), payload = proof.payload;
  need(payload.app === app, "another app");
  if (kind === LICENCE && !Object.hasOwn(proof.header, "crt")) {
    const signers = roots.map(decode).filter((root) => thumbprint(jwkOf(root)) === proof.header.kid);
    need(signers.some((root) => isSigned(proof.signed, proof.signature, root)), "not by a pinned key");
    return payload;
  }
  const by = jws(proof.header.crt, "kami-certificate+jws");
  const { app: its = app, kid, jwk, iat, exp } = by.payload;
  need(roots.some((root) => isSigned(by.signed, by.signature, decode(root))), "not by a pinned key");
  need(its === app && typeof kid === "string" && kid === proof.header.kid, "another certificate");
  need(exp > moment, "the certificate is over");
  need(jwk.kty === "EC" && jwk.crv === "P-256", "another kind of key");
  const key = Buffer.concat([Buffer.of(4), decode(jwk.x), decode(jwk.y)]);
  need(isSigned(proof.signed, proof.signature, key), "not by its key");
  need(iat <= payload.iat && payload.iat < exp, "its moment");
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

// Of an answer: what its proof says, and the answer to act upon. asked: what was sent; its request is the body,
// and its device the thumbprint of the key that signed it.
export function check(roots, asked, status, body, moment) {
  const reply = parse(body);
  const payload = opened(reply.proof, roots, asked.app, moment);
  need(payload.nonce === asked.nonce && payload.route === asked.route, "of another request");
  for (const name of ["code", "machine", "request"]) {
    need(payload[name] === digest(asked.nonce, asked[name]), `another ${name}`);
  }
  need(payload.status === status && payload.device === asked.device, "another status or device");
  return { payload, answer: restored(payload.answer, reply, asked.nonce) };
}

// Whether a start by it is one of this machine, now.
function begun(payload, { code, machine, device }, clock, latest) {
  const { nonce, iat, answer, device: its = device } = payload;
  need(payload.code === digest(nonce, code) && payload.machine === digest(nonce, machine), "another card or machine");
  need(its === device && answer.status === "success", "another device, or no admission");
  need(clock >= Math.max(latest, iat) - 300, "the clock was turned back");
  return { payload, answer: restored(answer, undefined, null) };
}

// The same of a kept lease, and of a licence in the text of a file, where they let start.
export function checkLease(roots, proof, asked, clock, latest) {
  const moment = Math.max(clock, latest);
  const payload = opened(proof, roots, asked.app, moment);
  need(payload.route === "POST /api/validate" && payload.status === 200, "no admission");
  need(payload.offline_until > moment, "it is over");
  return begun(payload, asked, clock, latest);
}

export function checkLicence(roots, text, asked, clock, latest) {
  const moment = Math.max(clock, latest);
  const [, found] = /-----BEGIN KAMI LICENCE-----(.*?)-----END KAMI LICENCE-----/s.exec(text);
  const payload = opened(found.replace(/[ \t\r\n]/g, ""), roots, asked.app, moment, LICENCE);
  need(payload.exp == null || payload.exp > moment, "it is over");
  return begun(payload, asked, clock, latest);
}
