import type { Actor, NewAuditEntry } from '../../store/postgres/audit/audit-log.ts';
import type { Store } from '../../store/store.ts';
import { AsyncLocalStorage } from 'node:async_hooks';

export type { Actor };

/** The actor of the server's own actions: the clock, the supervisor, retention. */
const server: Actor = {
  kind: 'server',
  userId: null,
  email: null,
  keyId: null,
  address: null,
  userAgent: null,
};

/**
 * The actor is passed with the asynchronous call instead of through every signature, because changes are
 * recorded where they are made, however deep (decision 0029). The default actor is the server.
 */
const actors = new AsyncLocalStorage<Actor>();

/** Runs the work as an actor. */
export function actAs<Result>(actor: Actor, work: () => Result): Result {
  return actors.run(actor, work);
}

/** Returns the actor of the current call, with its origin. */
export function currentActor(): Actor {
  return actors.getStore() ?? server;
}

const actorNames: Record<Actor['kind'], string> = {
  person: 'a member',
  key: 'an API key',
  run: 'a run',
  operator: 'an operator',
  server: 'the server',
  nobody: 'an anonymous caller',
};

/** Names an actor for logs. */
export function nameActor({ kind, email }: Actor): string {
  return email ?? actorNames[kind];
}

/** Runs the work as a user whose identity the caller has just verified. */
export function actAsPerson<Result>(
  { userId, email }: { userId: string; email: string },
  work: () => Result,
): Result {
  return actAs({ ...currentActor(), kind: 'person', userId, email, keyId: null }, work);
}

/**
 * Records a change in the transaction that makes it, so that both are committed or neither is. Never pass a
 * secret, nor the hash of one.
 */
export async function recordChange(
  store: Pick<Store, 'auditLog'>,
  change: Omit<NewAuditEntry, 'actor'>,
): Promise<void> {
  await store.auditLog.add({ ...change, actor: currentActor() });
}
