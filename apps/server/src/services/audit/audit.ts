import type { Actor, NewAuditEntry } from '../../store/postgres/audit/audit-log.ts';
import type { Store } from '../../store/store.ts';
import { AsyncLocalStorage } from 'node:async_hooks';

export type { Actor };

/** What the server does by itself: the clock, the supervisor, retention. */
const server: Actor = {
  kind: 'server',
  userId: null,
  email: null,
  keyId: null,
  address: null,
  userAgent: null,
};

/**
 * Who acts goes with the call and not through every signature: each change is written down by whoever makes it, however deep (decision
 * 0029). Where nobody has said who acts, the server does.
 */
const actors = new AsyncLocalStorage<Actor>();

/** Does the work in the name of an actor. */
export function actAs<Result>(actor: Actor, work: () => Result): Result {
  return actors.run(actor, work);
}

/** Whoever calls, from where. */
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

/** An actor as logs name it. */
export function nameActor({ kind, email }: Actor): string {
  return email ?? actorNames[kind];
}

/** Does the work in the name of a person whom the caller has just proved to be. */
export function actAsPerson<Result>(
  { userId, email }: { userId: string; email: string },
  work: () => Result,
): Result {
  return actAs({ ...currentActor(), kind: 'person', userId, email, keyId: null }, work);
}

/** Writes down a change in the transaction that makes it: both are there, or neither. Never give it a secret, nor a hash of one. */
export async function recordChange(store: Store, change: Omit<NewAuditEntry, 'actor'>): Promise<void> {
  await store.auditLog.add({ ...change, actor: currentActor() });
}
