import type { Encryption } from './encryption.ts';
import type { KeyRecord } from '../store/records.ts';
import type { Persistence } from '../store/store.ts';
import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import { ServiceError } from './service-error.ts';

/** Who calls: a user (through a key), or the code of one run, which reads its own workspace and does nothing else. */
export interface Principal {
  userId: string;
  email: string;
  keyId: string;
  /** Set where the credential is good for one workspace only. */
  workspaceId: string | null;
  kind: 'user' | 'run';
}

export interface UploadGrant {
  principal: Principal;
  workspaceId: string;
  kind: 'deployment' | 'configuration';
  /** Id of the deployment or configuration that the upload will become. */
  uploadId: string;
}

export type Credentials = ReturnType<typeof createCredentials>;

const dataplaneTokenSeconds = 15 * 60;
const uploadTokenSeconds = 60 * 60;
const runTokenSeconds = 48 * 60 * 60;
/** How long a revoked key may still be taken for good. */
const keyCacheMs = 5000;

const keyPrefixes = { personal: 'dlt_u_', workspace: 'dlt_sa_' } as const;

/** 256 random bits under a prefix that says what they are. */
export function createSecret(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** A key: shown once, stored as a hash. So many random bits need no slow hash. */
export function createKeySecret(kind: keyof typeof keyPrefixes) {
  const secret = createSecret(keyPrefixes[kind]);
  return { secret, hash: hashSecret(secret), prefix: secret.slice(0, keyPrefixes[kind].length + 6) };
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/**
 * Checks what callers present. Tokens are signed by this installation and name the key they came from; each use looks that key
 * up again (cached for 5 s), so a token dies with its key.
 */
export function createCredentials(persistence: Persistence, encryption: Encryption) {
  const cache = new Map<string, { principal: Principal | null; until: number }>();

  /** A key's principal, null for a key that is not good; remembered for 5 s, never past the key's own end. */
  async function remember(
    cacheKey: string,
    find: () => Promise<KeyRecord | undefined>,
  ): Promise<Principal | null> {
    const now = Date.now();
    const known = cache.get(cacheKey);
    if (known && known.until > now) return known.principal;
    const key = await find();
    const principal = toPrincipal(key);
    if (cache.size > 10_000) cache.clear();
    const until = Math.min(now + keyCacheMs, principal && key ? key.expiresAt.getTime() : Infinity);
    cache.set(cacheKey, { principal, until });
    return principal;
  }

  function principalOfKey(keyId: string) {
    return remember(keyId, () => persistence.store.people.findKey(keyId));
  }

  async function sign(audience: string, claims: Record<string, string>, seconds: number) {
    const expiresAt = Math.floor(Date.now() / 1000) + seconds;
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(encryption.tokenKey);
    return { token, expiresAt };
  }

  async function verify(audience: string, token: string): Promise<Record<string, unknown>> {
    try {
      const { payload } = await jwtVerify(token, encryption.tokenKey, { audience, algorithms: ['HS256'] });
      return payload;
    } catch {
      throw notAuthenticated();
    }
  }

  /** The principal behind a token, bound to the token's workspace. */
  async function principalOfToken(payload: Record<string, unknown>): Promise<Principal> {
    const principal = await principalOfKey(String(payload['key']));
    if (!principal) throw notAuthenticated();
    return { ...principal, workspaceId: String(payload['workspace']) };
  }

  async function authenticateRunToken(token: string): Promise<Principal> {
    const payload = await verify('run', token);
    const run = await persistence.store.jobRuns.find(String(payload['run']));
    if (!run || run.finishedAt) throw notAuthenticated();
    return { userId: '', email: 'run', keyId: '', workspaceId: run.workspaceId, kind: 'run' };
  }

  return {
    async authenticateUser(bearer: string): Promise<Principal> {
      if (!isKey(bearer)) return authenticateRunToken(bearer);
      const hash = hashSecret(bearer);
      const principal = await remember(hash.toString('base64'), () =>
        persistence.store.people.findKeyByHash(hash),
      );
      if (!principal) throw notAuthenticated();
      return principal;
    },

    /**
     * The same, where only runs call: a key that comes from there has come into wrong hands, or to the wrong address. Whether it is good
     * is not looked at.
     */
    async authenticateRun(bearer: string): Promise<Principal> {
      if (isKey(bearer) || isTokenOfOthers(bearer)) {
        throw new ServiceError(
          'runs_only',
          'This address takes the token of a run only. Use this credential at the public address of the server.',
        );
      }
      return authenticateRunToken(bearer);
    },

    issueDataplaneToken: (principal: Principal, workspaceId: string) =>
      sign('dataplane', { key: principal.keyId, workspace: workspaceId }, dataplaneTokenSeconds),

    async authenticateDataplane(bearer: string): Promise<Principal> {
      return principalOfToken(await verify('dataplane', bearer));
    },

    issueUploadToken: (principal: Principal, grant: Omit<UploadGrant, 'principal'>) =>
      sign(
        'upload',
        { key: principal.keyId, workspace: grant.workspaceId, kind: grant.kind, upload: grant.uploadId },
        uploadTokenSeconds,
      ),

    async authenticateUpload(bearer: string): Promise<UploadGrant> {
      const payload = await verify('upload', bearer);
      const principal = await principalOfToken(payload);
      return {
        principal,
        workspaceId: String(payload['workspace']),
        kind: payload['kind'] === 'deployment' ? 'deployment' : 'configuration',
        uploadId: String(payload['upload']),
      };
    },

    /** For user code: reads its workspace as a viewer for as long as its run lives. */
    issueRunToken: async (jobRunId: string) => (await sign('run', { run: jobRunId }, runTokenSeconds)).token,
  };
}

function toPrincipal(key: KeyRecord | undefined): Principal | null {
  if (!key || key.revokedAt || key.expiresAt.getTime() <= Date.now()) return null;
  return { userId: key.userId, email: key.email, keyId: key.id, workspaceId: null, kind: 'user' };
}

function isKey(bearer: string): boolean {
  return Object.values(keyPrefixes).some((prefix) => bearer.startsWith(prefix));
}

/** Decides what a refusal says and nothing else: the signature is not looked at. */
function isTokenOfOthers(bearer: string): boolean {
  try {
    return decodeJwt(bearer).aud !== 'run';
  } catch {
    return false;
  }
}

function notAuthenticated(): ServiceError {
  return new ServiceError('not_authenticated', 'The key or token is not valid any more, or never was.');
}
