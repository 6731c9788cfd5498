// JSON over fetch.

/** Sends a body as JSON and answers as fetch does. */
export function send(method, url, body, headers = {}) {
  return fetch(url, {
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
