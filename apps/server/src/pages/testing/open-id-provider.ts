import type { AddressInfo } from 'node:net';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

export const clientId = 'pumphouse';
export const clientSecret = 'a secret of the test, and long enough';

export interface ProviderPerson {
  email?: string;
  email_verified?: boolean;
  name?: string;
}

async function listen(handle: RequestListener) {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    issuer: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Starts a real OpenID provider (npm `oidc-provider`). Every visitor is the user chosen by the test, and
 * consents.
 */
export async function startProvider(redirectUri: string) {
  const people = new Map<string, ProviderPerson>();
  const state = { subject: '', isDenied: false };
  let answer: RequestListener = (_request, response) => void response.end();
  const server = await listen((request, response) => answer(request, response));
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(server.issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['of a test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId,
        accountId: context.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const serve = provider.callback();
  answer = (request, response) =>
    void (request.url?.startsWith('/interaction/') ? finish(request, response) : serve(request, response));

  async function finish(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const result = state.isDenied
      ? { error: 'access_denied', error_description: 'no' }
      : { login: { accountId: state.subject, remember: false } };
    await provider.interactionFinished(request, response, result);
  }

  return {
    ...server,
    people,
    state,
    /**
     * Goes through the provider like a browser.
     * @returns the URL to which it redirects back
     */
    async visit(url: string): Promise<string> {
      const jar = new Map<string, string>();
      for (let next = url; ;) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          jar.set(name, value);
        }
        const location = response.headers.get('location');
        if (!location)
          throw new Error(`The provider stayed at ${next}: ${response.status} ${await response.text()}`);
        next = new URL(location, next).href;
        if (!next.startsWith(server.issuer)) return next;
      }
    },
  };
}

/** How a hostile provider alters an otherwise valid token. */
export interface Spoiled {
  claims?: Record<string, unknown>;
  /** Signs with a key that the provider does not publish. */
  isForeignKey?: boolean;
  /** No signature at all. */
  isUnsigned?: boolean;
}

/** Starts just enough of a provider to issue invalid tokens. */
export async function startHostileProvider() {
  const own = await generateKeyPair('RS256', { extractable: true });
  const foreign = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(own.publicKey)), alg: 'RS256', use: 'sig', kid: 'one' };
  const state = { nonce: '', spoiled: {} as Spoiled, tokensAsked: [] as URLSearchParams[] };

  async function makeToken(): Promise<string> {
    const { claims, isForeignKey, isUnsigned } = state.spoiled;
    const payload = {
      iss: server.issuer,
      aud: clientId,
      sub: 'mallory',
      nonce: state.nonce,
      email: 'victim@example.com',
      email_verified: true,
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 60,
      ...claims,
    };
    if (isUnsigned) {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${encode({ alg: 'none' })}.${encode(payload)}.`;
    }
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign((isForeignKey ? foreign : own).privateKey);
  }

  async function answer(request: IncomingMessage): Promise<object> {
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return {
          issuer: server.issuer,
          authorization_endpoint: `${server.issuer}/authorize`,
          token_endpoint: `${server.issuer}/token`,
          jwks_uri: `${server.issuer}/jwks`,
          response_types_supported: ['code'],
          id_token_signing_alg_values_supported: ['RS256'],
        };
      case '/jwks':
        return { keys: [jwk] };
      default:
        state.tokensAsked.push(new URLSearchParams(await text(request)));
        return { access_token: 'x', token_type: 'bearer', id_token: await makeToken() };
    }
  }

  const server = await listen((request, response) => {
    void answer(request).then((body) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
    );
  });
  return { ...server, state };
}
