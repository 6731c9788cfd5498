// A day in the life of the Vault client, driven from outside.
//
// EMULATOR_URL says where the emulator listens, AUTH_EMULATOR_ADMIN_TOKEN is what lets one drive
// it. Exits with 0 when all held, else with 1 and one line that says what did not.
import { granted, read, send } from "./http.js";
import { VaultClient, verifier } from "./vault-client.js";

const REALM = "walk-in-node";
const BUSY_ONCE = {
  vendor: "vault",
  operation: "refresh",
  times: 1,
  respond: { status: 503, headers: { "Retry-After": "1" } },
};
const REFRESHES = { vendor: "vault", operation: "refresh" };
const SIGN_INS = { vendor: "vault", operation: "sign_in" };

/** The API that drives the emulator, or a realm of it. */
function control(url, adminToken) {
  const headers = { Authorization: `Bearer ${adminToken}` };
  return async (method, path, body) =>
    granted(await send(method, `${url}/_emulator/${path}`, body, headers));
}

/** Does it all in a realm of its own, which nobody else sees. */
async function walk(url, adminToken) {
  await control(url, adminToken)("PUT", `realms/${REALM}`, { ttl: "10m" });
  const realm = `${url}/realms/${REALM}`;
  const drive = control(realm, adminToken);
  console.log(`works in ${realm}`);

  const vault = new VaultClient(realm, "alice@example.com", "A9#bL8@z");
  const first = await vault.accessToken();
  await signInToOmniOmni(realm);
  await signInToNbcGate(realm);
  console.log("signed in to Vault, OmniOmni and NBC Gate");

  // Before the clock moves: jose goes by the clock of this machine.
  const subject = await verifier(`${realm}/_emulator/vault/.well-known/jwks.json`)(first);
  console.log(`verified: a token of ${subject}`);

  await drive("PUT", "clock", { advance: "25h" });
  console.log(`25 hours later: ${await refusal(realm, first)}`);

  await drive("POST", "faults", BUSY_ONCE);
  await vault.accounts();
  await drive("POST", "journal/verify", { where: REFRESHES, count: 2 });
  await drive("POST", "journal/verify", { where: SIGN_INS, count: 1 });
  console.log("refreshed, at the second attempt, without the password");
}

/** OmniOmni knows a client by its id alone. */
async function signInToOmniOmni(url) {
  const body = { clientId: "demo-client" };
  const answer = await send("POST", `${url}/omni-omni/v1/auth/client-token`, body);
  return (await granted(answer)).accessToken;
}

/** NBC Gate's path begins with two slashes, and its answer is a bare JSON string. */
async function signInToNbcGate(url) {
  const body = { email: "alice@example.com", password: "correct-horse" };
  return granted(await send("POST", `${url}//auth/sign-in`, body));
}

/** Why the emulator refuses a token. */
async function refusal(url, token) {
  const answer = await read(`${url}/accounts`, token);
  if (answer.status !== 401) {
    throw new Error(`a token of yesterday was answered with ${answer.status}`);
  }
  return answer.headers.get("X-Emulator-Reason");
}

/** What did not hold, in the emulator's words where it answered. */
function told(error, url) {
  if (String(error.code).startsWith("ERR_J")) return `the token does not verify: ${error.message}`;
  const cause = error.name === "TimeoutError" ? error : error.cause;
  if (!cause) return error.message;
  const why = cause.message || cause.code;
  return `no emulator responds at ${url}: ${why}; start one, or set EMULATOR_URL`;
}

const url = (process.env.EMULATOR_URL ?? "http://127.0.0.1:8080").replace(/\/+$/, "");
try {
  await walk(url, process.env.AUTH_EMULATOR_ADMIN_TOKEN ?? "only-for-tests");
} catch (error) {
  console.error(told(error, url));
  process.exitCode = 1;
}
