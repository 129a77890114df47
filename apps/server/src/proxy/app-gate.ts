/** What the proxy in front of apps asks of the rest of the server. */
import type { Duplex } from 'node:stream';
import type { JobInterface } from '../domain/jobs/job-definition.ts';

/** What an app is found by: its host name, or its port where apps have ports. */
export type AppName = { label: string } | { port: number };

/** An interactive job as its visitors meet it. */
export interface App {
  jobId: string;
  workspaceId: string;
  /** What its pages call it: the display name, or the job's short name. */
  name: string;
  /** The first label of its host name: of this job alone, and the same for good. */
  label: string;
  /** Its own, where apps have ports; null where it has none, or none yet. */
  port: number | null;
  interface: JobInterface;
  /** Where visitors begin who ask for no page. */
  startPath: string;
}

export type AppState =
  /** `instance` changes with each process that answers: a new deployment, a restart. */
  | { kind: 'ready'; instance: string; connect(): Promise<Duplex> }
  /** `waiting`: what it waits for; null while it is on its way. */
  | { kind: 'starting'; jobRunId: string; waiting: string | null }
  /** It ended by itself, and is not started again before `retryAt`. `lastLines` are the end of its log, for members only. */
  | { kind: 'failed'; jobRunId: string; detail: string; retryAt: Date; lastLines: readonly string[] }
  /** It cannot be started: archived, without a deployment, declined. */
  | { kind: 'unavailable'; detail: string };

/** `reason`: why the server stopped it; null where it did not. */
export interface StoppedApp {
  kind: 'stopped';
  reason: string | null;
}

/** Somebody who may see an app. */
export type Visitor =
  | { kind: 'member'; sessionId: string; userId: string }
  /** Came by a public link. */
  | { kind: 'guest'; sessionId: string; publicationId: string }
  /** A program with a key. */
  | { kind: 'key'; keyId: string };

/** A session of one app in one browser: `secret` is for its cookie. */
export interface AppSession {
  secret: string;
  visitor: Visitor;
  seconds: number;
}

export type LinkAnswer =
  | { kind: 'session'; session: AppSession }
  /** The link asks for one; `wasWrong` where one was given. `retryAfterSeconds` after too many. */
  | { kind: 'password'; wasWrong: boolean; retryAfterSeconds: number | null }
  /** Unknown, taken back or expired: one answer for all. */
  | { kind: 'none' };

export interface AppGate {
  /** @returns null for a label or a port that no app has */
  find(name: AppName): Promise<App | null>;

  /** How the app is, looked at now and kept for a second. Starts nothing. */
  look(app: App): Promise<AppState | StoppedApp>;

  /** How the app is; one that does not run is started. A hundred calls at once start it once. */
  wake(app: App): Promise<AppState>;

  /** The app is in use now: it is not idle. Cheap, called for each request and now and then while a connection is open. */
  noteUse(app: App, visitor: Visitor): void;

  /** Visitors have connections open to these apps, whether or not anything goes over them. Called every few seconds. */
  noteConnected(apps: readonly App[]): void;

  /** @returns null for a session that is over, of another app, or of somebody who may not see it any more */
  findSession(app: App, secret: string): Promise<Visitor | null>;

  /** Of a personal or workspace key. @returns null for whatever may not see the app */
  findKey(app: App, bearer: string): Promise<Visitor | null>;

  /** Takes a one-time code: that of the console's handover, or the client's `?swap=`. @returns null for one that is not good */
  takeCode(app: App, code: string): Promise<AppSession | null>;

  openLink(app: App, secret: string, password: string | null, address: string): Promise<LinkAnswer>;

  endSession(app: App, visitor: Visitor): Promise<void>;

  /** Of visitors with open connections, those who may not see the app any more. */
  findEnded(visitors: readonly { app: App; visitor: Visitor }[]): Promise<readonly Visitor[]>;

  /** Called at once where access was taken back by this server; others find out by `findEnded`. @returns stops it */
  onAccessTaken(listener: () => void): () => void;

  /** Where a browser without a session is sent: a page of the server that signs in and comes back with a code. */
  signInUrl(app: App, returnTo: string): string;
}
