/** The proxy's interface to the rest of the server. */
import type { Duplex } from 'node:stream';
import type { JobInterface } from '../domain/jobs/job-definition.ts';

/** Identifies an app: by host name label, or by port if apps have ports. */
export type AppName = { label: string } | { port: number };

/** An interactive job as its visitors see it. */
export interface App {
  jobId: string;
  workspaceId: string;
  /** Name shown on pages: the display name, or the job's short name. */
  name: string;
  /** The first label of its host name: unique to the job, and permanent. */
  label: string;
  /** The app's own port, if apps have ports; null if it has none yet. */
  port: number | null;
  interface: JobInterface;
  /** Where visitors start who request no particular page. */
  startPath: string;
}

export type AppState =
  /** `instance` changes with each process that serves the app: after a deployment or a restart. */
  | { kind: 'ready'; instance: string; connect(): Promise<Duplex> }
  /** `waiting`: why it waits; null while it is starting. */
  | { kind: 'starting'; jobRunId: string; waiting: string | null }
  /**
   * The app ended on its own and is not restarted before `retryAt`. `lastLines` is the end of its log, for
   * members only.
   */
  | { kind: 'failed'; jobRunId: string; detail: string; retryAt: Date; lastLines: readonly string[] }
  /** The app cannot be started: it is archived, has no deployment, or its start was rejected. */
  | { kind: 'unavailable'; detail: string };

/** `reason`: why the server stopped it; null if the server did not. */
export interface StoppedApp {
  kind: 'stopped';
  reason: string | null;
}

/** A caller who may see an app. */
export type Visitor =
  | { kind: 'member'; sessionId: string; userId: string }
  /** Admitted by a public link. */
  | { kind: 'guest'; sessionId: string; publicationId: string }
  /** A program with a key. */
  | { kind: 'key'; keyId: string };

/** A session of one app in one browser: `secret` is the cookie value. */
export interface AppSession {
  secret: string;
  visitor: Visitor;
  seconds: number;
}

export type LinkAnswer =
  | { kind: 'session'; session: AppSession }
  /**
   * The link requires a password; `wasWrong` if one was given. `retryAfterSeconds` is set after too many
   * attempts.
   */
  | { kind: 'password'; wasWrong: boolean; retryAfterSeconds: number | null }
  /** The link is unknown, revoked or expired; the response is the same for all. */
  | { kind: 'none' };

export interface AppGate {
  /** @returns null for a label or a port without an app */
  find(name: AppName): Promise<App | null>;

  /** Returns the app's current state, cached for a second. Starts nothing. */
  look(app: App): Promise<AppState | StoppedApp>;

  /** Returns the app's state, and starts it if it is not running. Concurrent calls start it once. */
  wake(app: App): Promise<AppState>;

  /**
   * Records that the app is in use, so it does not count as idle. Cheap: called for each request, and
   * repeatedly while a connection is open.
   */
  noteUse(app: App, visitor: Visitor): void;

  /**
   * Records that visitors have open connections to these apps, with or without traffic. Called every few
   * seconds.
   */
  noteConnected(apps: readonly App[]): void;

  /** @returns null if the session is over, belongs to another app, or its user may no longer see the app */
  findSession(app: App, secret: string): Promise<Visitor | null>;

  /**
   * Checks a personal or workspace key.
   * @returns null if the key may not see the app
   */
  findKey(app: App, bearer: string): Promise<Visitor | null>;

  /** Reports whether this server signed a token, be it valid or not. */
  isOwnToken(bearer: string): boolean;

  /**
   * Redeems a one-time code: from the console's handover, or the client's `?swap=`.
   * @returns null for an invalid code
   */
  takeCode(app: App, code: string): Promise<AppSession | null>;

  openLink(app: App, secret: string, password: string | null, address: string): Promise<LinkAnswer>;

  endSession(app: App, visitor: Visitor): Promise<void>;

  /** Returns the visitors among these that may no longer see their app. */
  findEnded(visitors: readonly { app: App; visitor: Visitor }[]): Promise<readonly Visitor[]>;

  /**
   * Called at once when this server revokes access; revocations by other servers are found with `findEnded`.
   * @returns a function that removes the listener
   */
  onAccessRevoked(listener: () => void): () => void;

  /**
   * The URL to which a browser without a session is sent: a page that signs in and redirects back with a
   * code.
   */
  signInUrl(app: App, returnTo: string): string;
}
