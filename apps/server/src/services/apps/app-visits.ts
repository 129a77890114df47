import type { AppAddresses } from './app-addresses.ts';
import type { AppSessionRecord, JobRecord, PublicationRecord } from '../../store/records.ts';
import type { Authorize } from '../people/authorize.ts';
import type { Credentials } from '../sign-in/credentials.ts';
import type { Principal } from '../sign-in/principal.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { GivePort } from './give-port.ts';
import type { Passwords } from '../sign-in/passwords.ts';
import type { Persistence } from '../../store/store.ts';
import type { SwapCodes } from '../sign-in/swap-codes.ts';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';
import { startPathOf } from '../../domain/apps/app-trigger.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** An app that a visitor wants to open. */
export type VisitedApp = Pick<JobRecord, 'id' | 'workspaceId'>;

export interface AppVisitsDependencies {
  persistence: Persistence<'appPorts' | 'apps' | 'jobs' | 'signInRequests'>;
  authorize: Authorize;
  credentials: Pick<Credentials, 'authenticateUser' | 'findHolder'>;
  encryption: Encryption;
  passwords: Passwords;
  swapCodes: Pick<SwapCodes, 'redeem'>;
  addresses: AppAddresses;
  givePort: GivePort;
}

/** A browser session that was granted access; `secret` goes into its cookie and is stored as a hash. */
export interface BegunVisit {
  session: AppSessionRecord;
  secret: string;
  seconds: number;
}

export type LinkOutcome =
  | { kind: 'visit'; visit: BegunVisit }
  | { kind: 'password'; wasWrong: boolean; retryAfterSeconds: number | null }
  | { kind: 'none' };

export type AppVisits = ReturnType<typeof createAppVisits>;

const memberSeconds = 7 * 24 * 3600;
/** Revoking a public link ends its sessions at once; this limit is for links that are never revoked. */
const guestSeconds = 24 * 3600;
const codeSeconds = 60;
const passwordWindowSeconds = 15 * 60;
const passwordsInWindow = 10;

/**
 * Grants access to apps: members by a one-time code, programs by their key, all other visitors by a public
 * link.
 */
export function createAppVisits(dependencies: AppVisitsDependencies) {
  const { persistence, authorize, credentials, encryption, passwords, swapCodes } = dependencies;
  const { addresses, givePort } = dependencies;
  const { store } = persistence;

  /** Checked at each use, because roles can be revoked. */
  async function mayOpen(userId: string, { workspaceId }: Pick<VisitedApp, 'workspaceId'>): Promise<boolean> {
    const person = { userId, email: '', credential: null, workspaceId: null, kind: 'user' } as const;
    return mayHolderOpen(person, { workspaceId });
  }

  const mayHolderOpen = (principal: Principal, { workspaceId }: Pick<VisitedApp, 'workspaceId'>) =>
    isAllowed(() => authorize(principal, 'app.open', { workspaceId }));

  async function begin(
    app: VisitedApp,
    who: Pick<AppSessionRecord, 'userId' | 'publicationId'>,
    seconds: number,
  ): Promise<BegunVisit> {
    const secret = createSecret('');
    const session = await store.apps.addSession(
      { jobId: app.id, secretHash: hashSecret(secret), ...who },
      seconds,
    );
    return { session, secret, seconds };
  }

  async function giveOrigin({ id, jobRef }: JobRecord): Promise<JobRecord> {
    return persistence.transaction(async (within) => {
      const [job] = await within.jobs.lock([id]);
      if (!job) throw new ServiceError('not_found', `There is no job ${jobRef}.`);
      return givePort(within, job);
    });
  }

  async function redeem(app: VisitedApp, code: string): Promise<string | null> {
    const own = await store.apps.redeemCode(app.id, hashSecret(code));
    return own ?? (await swapCodes.redeem(code))?.userId ?? null;
  }

  /**
   * Checks the password of a public link. Each attempt is counted before it is checked, so parallel attempts
   * cannot bypass the limit.
   * @returns whether the password is correct, or how long to wait
   */
  async function tryPassword(
    publication: PublicationRecord,
    password: string,
    address: string,
  ): Promise<boolean | { retryAfterSeconds: number }> {
    const bucket = Buffer.from(encryption.sign(`password of link ${publication.id} from ${address}`));
    const tries = await store.signInRequests.countTypedCode(bucket, passwordWindowSeconds);
    if (tries > passwordsInWindow) return { retryAfterSeconds: passwordWindowSeconds };
    const isRight = await passwords.verify(password, publication.passwordHash);
    if (isRight) await store.signInRequests.uncountTypedCode(bucket);
    return isRight;
  }

  return {
    mayOpen,

    /**
     * Issues an address that grants this user access for a minute, to its first visitor only. Assigns the app
     * an origin if it has none.
     * @param path null for the start page
     * @throws ServiceError job_archived, no_app_port_left
     */
    async issue(
      job: JobRecord,
      userId: string,
      path: string | null,
    ): Promise<{ url: string; seconds: number }> {
      const app = addresses.hasOrigin(job) ? job : await giveOrigin(job);
      const code = createSecret('dlt_a_');
      await store.apps.removeExpiredSessions();
      await store.apps.addCode({ codeHash: hashSecret(code), jobId: app.id, userId }, codeSeconds);
      return {
        url: addresses.enterWith(app, code, path ?? startPathOf(job.definition)),
        seconds: codeSeconds,
      };
    },

    /**
     * Redeems a one-time code, ours or that of the dlthub client. Null if the code is invalid or the user has
     * no access to the app.
     */
    async enter(app: VisitedApp, code: string): Promise<BegunVisit | null> {
      const userId = await redeem(app, code);
      if (userId === null || !(await mayOpen(userId, app))) return null;
      return begin(app, { userId, publicationId: null }, memberSeconds);
    },

    /** Finds a session; null if it has ended, and for a member who no longer has access to the app. */
    async find(app: VisitedApp, secret: string): Promise<AppSessionRecord | null> {
      const session = await store.apps.findSession(app.id, hashSecret(secret));
      if (!session) return null;
      return session.userId === null || (await mayOpen(session.userId, app)) ? session : null;
    },

    noteSeen: (sessionId: string) => store.apps.noteSeen(sessionId),
    end: (sessionId: string) => store.apps.removeSession(sessionId),

    /**
     * Returns the id of a personal or workspace key that may open the app; null for everything else,
     * including run tokens.
     */
    async findKey(app: VisitedApp, bearer: string): Promise<string | null> {
      const principal = await credentials.authenticateUser(bearer).catch(refusalAsNull);
      if (principal?.kind !== 'user' || principal.credential?.kind !== 'key') return null;
      return (await mayHolderOpen(principal, app)) ? principal.credential.id : null;
    },

    isOwnToken: (bearer: string): boolean => encryption.isOwnToken(bearer),

    /** Reports whether a key that opened the app earlier still gives access. */
    async isKeyGood(app: Pick<VisitedApp, 'workspaceId'>, keyId: string): Promise<boolean> {
      const principal = await credentials.findHolder(keyId);
      return principal !== null && mayHolderOpen(principal, app);
    },

    async openLink(
      app: VisitedApp,
      asked: { secret: string; password: string | null; address: string },
    ): Promise<LinkOutcome> {
      const publication = await store.apps.findPublicationBySecret(app.id, hashSecret(asked.secret));
      if (!publication) return { kind: 'none' };
      if (publication.passwordHash !== null) {
        if (asked.password === null) return { kind: 'password', wasWrong: false, retryAfterSeconds: null };
        const tried = await tryPassword(publication, asked.password, asked.address);
        if (tried !== true) {
          const retryAfterSeconds = tried === false ? null : tried.retryAfterSeconds;
          return { kind: 'password', wasWrong: true, retryAfterSeconds };
        }
      }
      const visit = await begin(app, { userId: null, publicationId: publication.id }, guestSeconds);
      return { kind: 'visit', visit };
    },

    /** Returns the given sessions that are no longer valid. */
    async findEnded(
      asked: readonly { sessionId: string; workspaceId: string }[],
    ): Promise<ReadonlySet<string>> {
      const live = await store.apps.listLiveSessions(asked.map(({ sessionId }) => sessionId));
      const byId = new Map(live.map((session) => [session.id, session]));
      const decisions = await Promise.all(
        asked.map(async ({ sessionId, workspaceId }) => {
          const session = byId.get(sessionId);
          if (!session) return sessionId;
          const stays = session.userId === null || (await mayOpen(session.userId, { workspaceId }));
          return stays ? null : sessionId;
        }),
      );
      return new Set(decisions.filter((id) => id !== null));
    },
  };
}

async function isAllowed(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

function refusalAsNull(error: unknown): null {
  if (error instanceof ServiceError) return null;
  throw error;
}
