// Vault as a service uses it: a client that keeps its token, and the check of callers' tokens.
// Nothing here knows of the emulator: in production `url` is Vault's own.
import { setTimeout as pause } from "node:timers/promises";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { granted, read, send } from "./http.js";

const CLIENT_ID = "haequi3Aah8lie2r";
const BUSY = [429, 503];

/** Signs in at the first call, and renews its token when Vault refuses it. */
export class VaultClient {
  #url;
  #user;
  #pair;

  constructor(url, username, password) {
    this.#url = url;
    this.#user = { username, password };
  }

  /** The token that it has, or that a sign-in gives it. */
  async accessToken() {
    if (!this.#pair) await this.#signIn();
    return this.#pair.access_token;
  }

  /** The user's accounts. */
  async accounts() {
    let answer = await this.#read("/accounts");
    if (answer.status === 401) {
      await this.#renew();
      answer = await this.#read("/accounts");
    }
    return (await granted(answer)).accounts;
  }

  async #signIn() {
    this.#pair = await granted(await this.#ask({ grant_type: "password", ...this.#user }));
  }

  /** Gets a new pair for the refresh token, or for the password where that one is refused. */
  async #renew() {
    const { refresh_token } = this.#pair;
    const answer = await this.#ask({ grant_type: "refresh_token", refresh_token });
    if (answer.status === 401) await this.#signIn();
    else this.#pair = await granted(answer);
  }

  async #read(path) {
    return read(this.#url + path, await this.accessToken());
  }

  /** Asks for tokens, and again after a pause while Vault is busy. */
  async #ask(grant, attempts = 3) {
    const body = { ...grant, client_id: CLIENT_ID };
    for (;;) {
      const answer = await send("POST", `${this.#url}/reg/auth/token`, body);
      attempts -= 1;
      if (!BUSY.includes(answer.status) || !attempts) return answer;
      const seconds = Number(answer.headers.get("Retry-After") ?? 1); // HTTP allows a date too
      await pause(1000 * seconds);
    }
  }
}

/** A check of the tokens that callers bring, by the keys that Vault publishes. */
export function verifier(jwksUrl) {
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  const wanted = {
    algorithms: ["RS256"],
    issuer: "https://vault.emulator.test",
    audience: "vault-api",
  };
  return async (token) => (await jwtVerify(token, keys, wanted)).payload.sub;
}
