import type { Actor } from '../audit/audit.ts';
import type { ServiceFixture } from './service-fixture.ts';
import { randomUUID } from 'node:crypto';
import { actAs } from '../audit/audit.ts';
import { countRows } from '../../store/postgres/testing/tables.ts';
import { listAuditEntries } from './audit-entries.ts';

/** A client without a signed-in user. */
export const client: Actor = {
  kind: 'nobody',
  userId: null,
  email: null,
  keyId: null,
  address: '10.0.0.1',
  userAgent: 'dlthub-cli/0.28.7 test',
};

export type SignInFixture = ReturnType<typeof createSignInFixture>;

/** Creates helpers for sign-in tests: users, clients and time. */
export function createSignInFixture({ database, store }: Pick<ServiceFixture, 'database' | 'store'>) {
  const columns = {
    sessions: ['created_at', 'last_used_at', 'expires_at', 'revoked_at'],
    refresh_tokens: ['created_at', 'rotated_at'],
    authorization_requests: ['created_at', 'expires_at', 'redeemed_at'],
    device_codes: ['created_at', 'expires_at', 'last_asked_at', 'redeemed_at'],
    swap_codes: ['expires_at', 'redeemed_at'],
    sign_in_failures: ['window_ends_at'],
  };
  return {
    async createPerson(): Promise<{ userId: string; email: string }> {
      const email = `${randomUUID()}@example.com`;
      const { id } = await store.people.createUser({ email, kind: 'human', passwordHash: null });
      return { userId: id, email };
    },

    switchOff: (userId: string) => store.people.setDisabled(userId, true),

    /** Runs the work as a client that calls from an address. */
    asClient: <Result>(work: () => Result, address = client.address): Result =>
      actAs({ ...client, address }, work),

    /** Moves all recorded times this far into the past. */
    async letPass(interval: string): Promise<void> {
      for (const [table, names] of Object.entries(columns)) {
        const set = names.map((name) => `${name} = ${name} - interval '${interval}'`);
        await database.execute(`update ${table} set ${set.join(', ')}`);
      }
    },

    listChanges: () => listAuditEntries(store),

    count: (table: keyof typeof columns) => countRows(database, table),
  };
}
