// Writes a private JWK of each algorithm into this folder, for peers that start with a preset key.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const made = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
for (const [alg, { privateKey }] of Object.entries(made)) {
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' };
  writeFileSync(`${alg}.jwk.json`, JSON.stringify(jwk));
}
