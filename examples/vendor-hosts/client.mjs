// The same for Node, with its own fetch and nothing else.
const asked = {
  OmniOmni: [
    "https://backend.sandbox.ecrop.de/ecrop-command/omni-omni/v1/auth/client-token",
    { clientId: "demo-client" },
    (answer) => answer.accessToken,
  ],
  "NBC Gate": [
    "https://api.client.nbcgate.tech//auth/sign-in",
    { email: "alice@example.com", password: "correct-horse" },
    (answer) => answer,
  ],
  Vault: [
    "https://api.sandbox-v2.vault.ist/reg/auth/token",
    {
      grant_type: "password",
      client_id: "haequi3Aah8lie2r",
      username: "alice@example.com",
      password: "A9#bL8@z",
    },
    (answer) => answer.access_token,
  ],
};

for (const [vendor, [url, body, token]] of Object.entries(asked)) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${vendor}: ${answer.status}`);
  console.log(`${vendor}:`, token(await answer.json()).slice(0, 12));
}
