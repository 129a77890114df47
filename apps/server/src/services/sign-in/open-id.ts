import type { Logger } from 'pino';
import * as oidc from 'openid-client';
import { ServiceError } from '../../platform/service-error.ts';

export interface OpenIdSettings {
  issuer: string;
  clientId: string;
  clientSecret: string | null;
  /** The name of the provider for users: "Continue with <name>". */
  name: string;
  signUp: 'invited' | 'anyone';
}

/**
 * Values that must come back together with the provider's answer; kept encrypted in the browser meanwhile.
 */
interface OpenIdFlow {
  state: string;
  nonce: string;
  verifier: string;
}

/** The identity that the provider confirmed. */
export interface VouchedPerson {
  issuer: string;
  subject: string;
  email: string | null;
  isEmailVerified: boolean;
  name: string | null;
}

export type OpenId = ReturnType<typeof createOpenId>;

const timeoutSeconds = 10;
/** Endpoints and keys of a provider change rarely; new keys are fetched automatically. */
const discoveryMs = 60 * 60 * 1000;

/**
 * Implements the code flow with PKCE, state and nonce for one OpenID provider. The token's signature is
 * checked although the token arrives over TLS.
 */
export function createOpenId(settings: OpenIdSettings, log: Logger) {
  let discovered: { configuration: Promise<oidc.Configuration>; at: number } | null = null;

  function discover(): Promise<oidc.Configuration> {
    if (discovered && Date.now() - discovered.at < discoveryMs) return discovered.configuration;
    const issuer = new URL(settings.issuer);
    const configuration = oidc.discovery(issuer, settings.clientId, {}, authenticateClient(settings), {
      timeout: timeoutSeconds,
      execute: [
        oidc.enableNonRepudiationChecks,
        ...(issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
      ],
    });
    discovered = { configuration, at: Date.now() };
    // If the provider was down, try again at the next sign-in.
    configuration.catch(() => {
      discovered = null;
    });
    return configuration;
  }

  /** @throws ServiceError provider_unavailable */
  async function requireProvider(): Promise<oidc.Configuration> {
    try {
      return await discover();
    } catch (error) {
      log.warn({ err: error, issuer: settings.issuer }, 'the sign-in provider does not answer');
      throw unavailable(settings.name);
    }
  }

  return {
    issuer: settings.issuer,
    name: settings.name,
    signUp: settings.signUp,

    /**
     * Returns the address for the browser, and what it must keep meanwhile.
     * @throws ServiceError provider_unavailable
     */
    async begin(redirectUri: string): Promise<{ url: string; flow: OpenIdFlow }> {
      const configuration = await requireProvider();
      const flow = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, flow };
    },

    /**
     * @param answer the address to which the provider redirected the browser
     * @throws ServiceError provider_unavailable, sign_in_not_confirmed
     */
    async finish(answer: URL, { state, nonce, verifier }: OpenIdFlow): Promise<VouchedPerson> {
      const configuration = await requireProvider();
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
        });
        const claims = tokens.claims();
        if (!claims) throw new Error('the provider gave no ID token');
        const profile =
          typeof claims['email'] === 'string'
            ? claims
            : await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
        return {
          issuer: claims.iss,
          subject: claims.sub,
          email: readText(profile['email']),
          // One large provider sends it as a string.
          isEmailVerified: profile['email_verified'] === true || profile['email_verified'] === 'true',
          name: readText(profile['name']),
        };
      } catch (error) {
        throw explain(error);
      }
    },
  };

  function explain(error: unknown): ServiceError {
    log.warn({ err: error, issuer: settings.issuer }, 'a sign-in at the provider was not verified');
    if (error instanceof oidc.AuthorizationResponseError && error.error === 'access_denied')
      return new ServiceError('sign_in_not_confirmed', `You did not grant access at ${settings.name}.`);
    if (isUnreachable(error)) return unavailable(settings.name);
    return new ServiceError(
      'sign_in_not_confirmed',
      `The response of ${settings.name} could not be verified. Start again.`,
    );
  }
}

/**
 * Authenticates by the method that the provider supports; a client without a secret is public and relies on
 * PKCE.
 */
function authenticateClient({ clientSecret }: OpenIdSettings): oidc.ClientAuth {
  if (clientSecret === null) return oidc.None();
  const [basic, post] = [oidc.ClientSecretBasic(clientSecret), oidc.ClientSecretPost(clientSecret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_basic') ? basic : post;
    return authenticate(server, client, body, headers);
  };
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 254) : null;
}

const unreachableCodes = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);

function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    unreachableCodes.has(code) || (error.cause instanceof TypeError && error.cause.message === 'fetch failed')
  );
}

function unavailable(name: string): ServiceError {
  return new ServiceError(
    'provider_unavailable',
    `${name} does not answer. Sign in with your password, or try again later.`,
  );
}
