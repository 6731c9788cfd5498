// oidc-provider with one client and JWT access tokens: node oidc-provider.mjs PORT
// The resource that a token is asked for chooses the algorithm: urn:RS256 or urn:ES256.
import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const keys = ['RS256', 'ES256'].map((alg) => JSON.parse(readFileSync(`${alg}.jwk.json`, 'utf8')));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'bench',
      client_secret: 'a-secret-for-the-benchmark-of-32-bytes',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  jwks: { keys },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        scope: 'read',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: resource.slice('urn:'.length) } },
      }),
    },
  },
});
provider.listen(port, '127.0.0.1');
