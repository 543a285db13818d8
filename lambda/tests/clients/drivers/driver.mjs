// Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no".
import { readFileSync } from "node:fs";
import { check, checkLease, decode, isSigned } from "./kami_proof.mjs";

function answer(kind, ...said) {
  if (kind === "signature") {
    const [key, signed, signature] = said.map(decode);
    return isSigned(signed, signature, key) ? {} : null;
  }
  if (kind === "lease") {
    const [roots, app, code, machine, proof, clock, latest] = said;
    return checkLease(roots.split(" "), proof, app, code, machine, Number(clock), Number(latest)).answer;
  }
  const [roots, app, route, nonce, code, machine, request, status, body, clock, latest] = said;
  const asked = { app, route, nonce, code, machine, request };
  return check(roots.split(" "), asked, Number(status), body, Math.max(clock, latest)).answer;
}

for (const line of readFileSync(0, "utf8").trimEnd().split("\n")) {
  let found = null;
  try {
    found = answer(...line.split("\x1f"));
  } catch { /* no proof */ }
  console.log(found === null ? "no" : `yes ${JSON.stringify(found)}`);
}
