// JSON over fetch.

/** Reads with a token; answers as fetch does. */
export function read(url, token) {
  return ask(url, { headers: { Authorization: `Bearer ${token}` } });
}

/** Sends a body as JSON; answers as fetch does. */
export function send(method, url, body, headers = {}) {
  return ask(url, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** The JSON of a good answer; for any other an Error with the emulator's reason. */
export async function granted(answer) {
  if (answer.ok) return answer.json();
  const reason = answer.headers.get("X-Emulator-Reason") ?? "no reason given";
  throw new Error(`${new URL(answer.url).pathname}: ${answer.status}, ${reason}`);
}

function ask(url, how) {
  return fetch(url, { signal: AbortSignal.timeout(10_000), ...how });
}
