// Verifies tokens by a remote JWKS, as a service with jose does: one line of JSON asks, one answers.
// Arguments: the JWKS' address, the audience, and how long jose waits between two fetches (ms).
import { createInterface } from "node:readline";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Node 18, which Debian 12 has, keeps it there
const { createRemoteJWKSet, customFetch, jwtVerify } = await import("jose");

const [address, audience, cooldownDuration] = process.argv.slice(2);
let fetches = 0;
const keys = createRemoteJWKSet(new URL(address), {
  cooldownDuration: Number(cooldownDuration),
  [customFetch]: (...request) => {
    fetches += 1;
    return fetch(...request);
  },
});

async function met({ token, reload }) {
  if (reload) await keys.reload();
  try {
    return (await jwtVerify(token, keys, { audience })).payload.sub;
  } catch (error) {
    return error.code ?? String(error);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await met(JSON.parse(line));
  console.log(JSON.stringify({ answer, fetches }));
}
