import type {
  AuthenticatedPrincipal,
  PrincipalCredential,
  RunPrincipal,
  UserPrincipal,
} from './principal.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { KeyRecord } from '../../store/records.ts';
import type { SessionRecord } from '../../store/postgres/sign-in/sessions.ts';
import type { Persistence } from '../../store/store.ts';
import type { JWTVerifyOptions } from 'jose';
import type { KeyObject } from 'node:crypto';
import { createHash, randomBytes } from 'node:crypto';
import { createCredentialMemory, type LookedUp } from './credential-memory.ts';
import { LRUCache } from 'lru-cache';
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { ServiceError } from '../../platform/service-error.ts';

export interface UploadGrant {
  principal: UserPrincipal;
  workspaceId: string;
  kind: 'deployment' | 'configuration';
  /** Id of the deployment or configuration that the upload will become. */
  uploadId: string;
}

export type Credentials = ReturnType<typeof createCredentials>;

const dataplaneTokenSeconds = 15 * 60;
const uploadTokenSeconds = 60 * 60;
const runTokenSeconds = 48 * 60 * 60;
const personTokenSeconds = 15 * 60;
/** Not the address, because it may change and servers of one installation may have several. */
const personTokenIssuer = 'pumphouse';
/** How precisely the last use of a key is recorded. */
const useNotedMs = 60_000;

const keyPrefixes = { personal: 'dlt_u_', workspace: 'dlt_sa_' } as const;
/** Other texts that begin like a key are invalid, and need no look-up. */
const keyForm = /^dlt_[a-z]+_[\w-]{43}$/;

/** Creates a secret of 256 random bits with a prefix that shows its kind. */
export function createSecret(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** Creates a key, which is shown once and stored as a hash. So many random bits need no slow hash. */
export function createKeySecret(kind: keyof typeof keyPrefixes) {
  const secret = createSecret(keyPrefixes[kind]);
  return { secret, hash: hashSecret(secret), prefix: secret.slice(0, keyPrefixes[kind].length + 6) };
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

type Found = LookedUp<UserPrincipal>;

/**
 * Authenticates callers. Tokens are signed by this installation and name the key or session they were derived
 * from; each use looks that up again (cached for 5 s), so a token ends with it.
 */
export function createCredentials(
  persistence: Persistence<'attempts' | 'keys' | 'sessions'>,
  encryption: Encryption,
  now: () => number = Date.now,
) {
  const { remember, forget } = createCredentialMemory<UserPrincipal>({ now });
  const usesNoted = new LRUCache<string, true>({
    max: 10_000,
    ttl: useNotedMs,
    ttlResolution: 0,
    perf: { now },
  });

  /** Records the use asynchronously: a failure to record it is no reason to reject the call. */
  function noteUse({ credential }: UserPrincipal): void {
    if (credential?.kind !== 'key') return;
    if (usesNoted.get(credential.id)) return;
    usesNoted.set(credential.id, true);
    void persistence.store.keys.noteUse(credential.id).catch(() => undefined);
  }

  function principalOf({ kind, id }: PrincipalCredential): Promise<UserPrincipal | null> {
    const { keys, sessions } = persistence.store;
    return remember(`${kind} ${id}`, async () =>
      kind === 'key'
        ? requireUsableKey(await keys.find(id))
        : requireUsable({ kind, id }, await sessions.find(id)),
    );
  }

  function requireUsableKey(key: KeyRecord | undefined): Found {
    if (!key) return { value: null, expiresAt: null };
    return requireUsable({ kind: 'key', id: key.id, createdAt: key.rootCreatedAt }, key);
  }

  function requireUsable(
    credential: PrincipalCredential,
    record: KeyRecord | SessionRecord | undefined,
  ): Found {
    const isGood =
      record && !record.revokedAt && !record.userDisabledAt && record.expiresAt.getTime() > now();
    if (!isGood) return { value: null, expiresAt: null };
    const { userId, email, expiresAt } = record;
    return { value: { userId, email, credential, workspaceId: null, kind: 'user' }, expiresAt };
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
    const verified = await verifyWithAny(token, encryption.acceptedTokenKeys, {
      audience,
      algorithms: ['HS256'],
    });
    if (!verified) throw notAuthenticated();
    return verified;
  }

  /** Returns the principal of a token, limited to the token's workspace. */
  async function principalOfToken(payload: Record<string, unknown>): Promise<UserPrincipal> {
    const principal = await principalOf(readCredential(payload));
    if (!principal) throw notAuthenticated();
    noteUse(principal);
    return { ...principal, workspaceId: String(payload['workspace']) };
  }

  async function authenticatePerson(token: string): Promise<UserPrincipal> {
    const verified = await verifyWithAny(token, encryption.acceptedPersonKeys, {
      audience: 'api',
      issuer: personTokenIssuer,
      algorithms: ['EdDSA'],
    });
    const principal = verified && (await principalOf(readCredential(verified)));
    if (!principal) throw notAuthenticated();
    noteUse(principal);
    return principal;
  }

  function signForPerson(
    person: { userId: string; email: string },
    credential: PrincipalCredential,
    expiresAt: number,
  ): Promise<string> {
    return (
      new SignJWT({ email: person.email, [credential.kind]: credential.id })
        .setProtectedHeader({ alg: 'EdDSA' })
        .setIssuer(personTokenIssuer)
        .setSubject(person.userId)
        // Releases of the older client (`dlt runtime`) accept only tokens for `cli`.
        .setAudience(['api', 'cli'])
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(encryption.personKeys.privateKey)
    );
  }

  async function authenticateRunToken(token: string): Promise<RunPrincipal> {
    const { attempt } = await verify('run', token);
    const live = typeof attempt === 'string' && (await persistence.store.attempts.findLive(attempt));
    if (!live) throw notAuthenticated();
    return { kind: 'run', workspaceId: live.workspaceId, attemptId: attempt };
  }

  return {
    /** Revocations take effect at once on this server; on others within 5 s. */
    forget,

    async authenticateUser(bearer: string): Promise<AuthenticatedPrincipal> {
      if (!isKey(bearer))
        return isPersonToken(bearer) ? authenticatePerson(bearer) : authenticateRunToken(bearer);
      if (!keyForm.test(bearer)) throw notAuthenticated();
      const hash = hashSecret(bearer);
      const principal = await remember(hash.toString('base64'), async () =>
        requireUsableKey(await persistence.store.keys.findByHash(hash)),
      );
      if (!principal) throw notAuthenticated();
      noteUse(principal);
      return principal;
    },

    /**
     * Authenticates at an address only for runs: a key presented there was leaked or sent to the wrong
     * address. Its validity is not checked.
     */
    async authenticateRun(bearer: string): Promise<RunPrincipal> {
      if (isKey(bearer) || isTokenOfOthers(bearer)) {
        throw new ServiceError(
          'runs_only',
          'This address accepts only tokens of runs. Use this credential at the public address of the server.',
        );
      }
      return authenticateRunToken(bearer);
    },

    /**
     * Finds the principal of a key that was valid before.
     * @returns null if it is no longer valid
     */
    findHolder: (keyId: string): Promise<UserPrincipal | null> => principalOf({ kind: 'key', id: keyId }),

    /**
     * Issues a token for a user who has signed in at a client. Clients read `sub` and `email`.
     * @returns the token and its expiry in Unix seconds
     */
    async issuePersonToken(session: { id: string; userId: string; email: string }) {
      const expiresAt = Math.floor(Date.now() / 1000) + personTokenSeconds;
      const token = await signForPerson(session, { kind: 'session', id: session.id }, expiresAt);
      return { token, expiresAt };
    },

    /**
     * Issues a token that is valid as long as a key, for the older client in CI, which reads the user from its
     * token. It ends with the key, and when the secret key that signed it is removed.
     * @throws ServiceError not_authenticated
     */
    async issueKeyToken(secret: string): Promise<string> {
      const key = await persistence.store.keys.findByHash(hashSecret(secret));
      if (!key) throw notAuthenticated();
      return signForPerson(key, { kind: 'key', id: key.id }, Math.floor(key.expiresAt.getTime() / 1000));
    },

    issueDataplaneToken: (principal: UserPrincipal, workspaceId: string) =>
      sign('dataplane', { ...claimOf(principal), workspace: workspaceId }, dataplaneTokenSeconds),

    async authenticateDataplane(bearer: string): Promise<UserPrincipal> {
      return principalOfToken(await verify('dataplane', bearer));
    },

    issueUploadToken: (principal: UserPrincipal, grant: Omit<UploadGrant, 'principal'>) =>
      sign(
        'upload',
        { ...claimOf(principal), workspace: grant.workspaceId, kind: grant.kind, upload: grant.uploadId },
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

    /**
     * Issues a token for user code: it reads its workspace as a viewer until its attempt ends; the next
     * attempt of the run has its own.
     */
    issueRunToken: async (attemptId: string) =>
      (await sign('run', { attempt: attemptId }, runTokenSeconds)).token,
  };
}

/** @returns null for a token that none of the keys verifies */
async function verifyWithAny(
  token: string,
  keys: readonly (Uint8Array | KeyObject)[],
  options: JWTVerifyOptions,
): Promise<Record<string, unknown> | null> {
  for (const key of keys) {
    const verified = await jwtVerify(token, key, options).catch(() => null);
    if (verified) return verified.payload;
  }
  return null;
}

function claimOf({ credential }: UserPrincipal): Record<string, string> {
  return credential ? { [credential.kind]: credential.id } : {};
}

/** A token with neither resolves to a key that does not exist. */
function readCredential(payload: Record<string, unknown>): PrincipalCredential {
  const { key, session } = payload;
  return typeof session === 'string'
    ? { kind: 'session', id: session }
    : { kind: 'key', id: typeof key === 'string' ? key : '00000000-0000-0000-0000-000000000000' };
}

/** Only selects the check for a token; does not verify it. */
function isPersonToken(bearer: string): boolean {
  try {
    return decodeProtectedHeader(bearer).alg === 'EdDSA';
  } catch {
    return false;
  }
}

function isKey(bearer: string): boolean {
  return Object.values(keyPrefixes).some((prefix) => bearer.startsWith(prefix));
}

/** Only selects the error message; the signature is not verified. */
function isTokenOfOthers(bearer: string): boolean {
  try {
    return decodeJwt(bearer).aud !== 'run';
  } catch {
    return false;
  }
}

function notAuthenticated(): ServiceError {
  return new ServiceError('not_authenticated', 'The key or token is not valid.');
}
