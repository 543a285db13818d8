// Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no".
import { readFileSync } from "node:fs";
import { check, checkLease, checkLicence, decode, isSigned } from "./kami_proof.mjs";

function answer(kind, ...said) {
  if (kind === "signature") {
    const [key, signed, signature] = said.map(decode);
    return isSigned(signed, signature, key) ? {} : null;
  }
  if (kind === "lease" || kind === "licence") {
    const [roots, app, code, machine, text, clock, latest, device] = said;
    const asked = { app, code, machine, device: device || undefined };
    const start = kind === "lease" ? [checkLease, text] : [checkLicence, decode(text).toString("latin1")];
    return start[0](roots.split(" "), start[1], asked, Number(clock), Number(latest)).answer;
  }
  const [roots, app, route, nonce, code, machine, request, status, body, clock, latest, device] = said;
  const asked = { app, route, nonce, code, machine, request, device: device || undefined };
  return check(roots.split(" "), asked, Number(status), body, Math.max(clock, latest)).answer;
}

for (const line of readFileSync(0, "utf8").trimEnd().split("\n")) {
  let found = null;
  try {
    found = answer(...line.split("\x1f"));
  } catch { /* no proof */ }
  console.log(found === null ? "no" : `yes ${JSON.stringify(found)}`);
}
