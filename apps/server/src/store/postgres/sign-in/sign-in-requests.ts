import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** The client that asks, and its origin. */
export interface SignInOrigin {
  client: string;
  address: string | null;
  /** The key for limits. */
  network: string;
}

/** Maximum numbers of pending sign-ins. */
export interface OpenLimits {
  total: number;
  ofNetwork: number;
}

/** The state of a request. */
interface RequestState {
  isExpired: boolean;
  outcome: 'approved' | 'denied' | null;
  userId: string | null;
  redeemedAt: Date | null;
}

export interface AuthorizationRequestRecord extends RequestState {
  id: string;
  codeChallenge: string;
  redirectUri: string;
  state: string;
  client: string;
  address: string | null;
  createdAt: Date;
  sessionId: string | null;
  browserSessionHash: Buffer | null;
}

export interface DeviceCodeRecord extends RequestState {
  userCode: string;
  client: string;
  address: string | null;
  createdAt: Date;
  /** The client polled less than the given number of seconds ago. */
  wasJustAsked: boolean;
}

const requestColumns = `${columns('authorization_requests', [
  'id',
  'code_challenge',
  'redirect_uri',
  'state',
  'client',
  'address',
  'created_at',
  'outcome',
  'user_id',
  'redeemed_at',
  'session_id',
  'browser_session_hash',
])}, expires_at <= now() as "isExpired"`;

const deviceColumns = `${columns('device_codes', [
  'user_code',
  'client',
  'address',
  'created_at',
  'outcome',
  'user_id',
  'redeemed_at',
])}, expires_at <= now() as "isExpired"`;

export type SignInRequestStore = ReturnType<typeof createSignInRequestStore>;

/** Stores sign-ins that wait for a user's approval. Unanswered ones expire, and are removed later. */
export function createSignInRequestStore(sql: Queryable) {
  return {
    /**
     * Undefined if the limit of open requests is reached. Exactly concurrent calls may exceed it by their
     * number.
     */
    insertAuthorization: (
      request: SignInOrigin & Pick<AuthorizationRequestRecord, 'codeChallenge' | 'redirectUri' | 'state'>,
      seconds: number,
      limits: OpenLimits,
    ) =>
      sql.maybeOne<{ id: string }>(
        named(
          `insert into authorization_requests (client, address, network, code_challenge, redirect_uri, state, expires_at)
           select :client, :address, :network, :codeChallenge, :redirectUri, :state, now() + make_interval(secs => :seconds)
            where ${hasCapacity('authorization_requests')}
           returning id`,
          { ...request, seconds, total: limits.total, ofNetwork: limits.ofNetwork },
        ),
      ),

    findAuthorization: (id: string) =>
      sql.maybeOne<AuthorizationRequestRecord>(
        named(`select ${requestColumns} from authorization_requests where id = :id`, { id }),
      ),

    lockAuthorizationByCode: (codeHash: Buffer) =>
      sql.maybeOne<AuthorizationRequestRecord>(
        named(`select ${requestColumns} from authorization_requests where code_hash = :codeHash for update`, {
          codeHash,
        }),
      ),

    /** Undefined if it has expired or was already answered. */
    approveAuthorization: (
      id: string,
      approval: { userId: string; browserSessionHash: Buffer | null; codeHash: Buffer; seconds: number },
    ) =>
      sql.maybeOne<AuthorizationRequestRecord>(
        named(
          `update authorization_requests
              set outcome = 'approved', user_id = :userId, browser_session_hash = :browserSessionHash, code_hash = :codeHash,
                  expires_at = now() + make_interval(secs => :seconds)
            where id = :id and outcome is null and expires_at > now() returning ${requestColumns}`,
          { ...approval, id },
        ),
      ),

    denyAuthorization: (id: string) =>
      sql.maybeOne<AuthorizationRequestRecord>(
        named(
          `update authorization_requests set outcome = 'denied'
            where id = :id and outcome is null and expires_at > now() returning ${requestColumns}`,
          { id },
        ),
      ),

    finishAuthorization: (id: string, sessionId: string) =>
      sql.execute(
        named(
          'update authorization_requests set redeemed_at = now(), session_id = :sessionId where id = :id',
          { id, sessionId },
        ),
      ),

    /** Like `insertAuthorization`; also undefined if the user code is taken. */
    insertDeviceCode: (
      code: SignInOrigin & { hash: Buffer; userCode: string },
      seconds: number,
      limits: OpenLimits,
    ) =>
      sql.maybeOne<{ userCode: string }>(
        named(
          `insert into device_codes (client, address, network, device_code_hash, user_code, expires_at)
           select :client, :address, :network, :hash, :userCode, now() + make_interval(secs => :seconds)
            where ${hasCapacity('device_codes')}
           on conflict (user_code) do nothing returning user_code as "userCode"`,
          { ...code, seconds, total: limits.total, ofNetwork: limits.ofNetwork },
        ),
      ),

    findDeviceCode: (userCode: string) =>
      sql.maybeOne<DeviceCodeRecord>(
        named(
          `select ${deviceColumns}, false as "wasJustAsked" from device_codes where user_code = :userCode`,
          { userCode },
        ),
      ),

    lockDeviceCode: (hash: Buffer, justSeconds: number) =>
      sql.maybeOne<DeviceCodeRecord>(
        named(
          `select ${deviceColumns},
                  coalesce(last_asked_at > now() - make_interval(secs => :justSeconds), false) as "wasJustAsked"
             from device_codes where device_code_hash = :hash for update`,
          { hash, justSeconds },
        ),
      ),

    noteAsked: (hash: Buffer) =>
      sql.execute(
        named('update device_codes set last_asked_at = now() where device_code_hash = :hash', { hash }),
      ),

    /** Undefined if it has expired or was already answered. */
    answerDeviceCode: (userCode: string, outcome: 'approved' | 'denied', userId: string | null) =>
      sql.maybeOne<DeviceCodeRecord>(
        named(
          `update device_codes set outcome = :outcome, user_id = :userId
            where user_code = :userCode and outcome is null and expires_at > now()
           returning ${deviceColumns}, false as "wasJustAsked"`,
          { userCode, outcome, userId },
        ),
      ),

    finishDeviceCode: (hash: Buffer) =>
      sql.execute(
        named('update device_codes set redeemed_at = now() where device_code_hash = :hash', { hash }),
      ),

    /** Revokes a user's approvals that no client has redeemed yet. */
    async forgetApproved(userId: string): Promise<void> {
      for (const table of ['authorization_requests', 'device_codes'])
        await sql.execute(
          named(`delete from ${table} where user_id = :userId and redeemed_at is null`, { userId }),
        );
    },

    /**
     * Counts a typed code before it is looked up, so that concurrent attempts cannot bypass the limit.
     * @returns the number of codes in the window
     */
    async countTypedCode(bucket: Buffer, windowSeconds: number): Promise<number> {
      const { failures } = await sql.one<{ failures: number }>(
        named(
          `insert into sign_in_failures as known (bucket, failures, window_ends_at)
           values (:bucket, 1, now() + make_interval(secs => :windowSeconds))
           on conflict (bucket) do update
              set failures = case when known.window_ends_at > now() then known.failures + 1 else 1 end,
                  window_ends_at = case when known.window_ends_at > now() then known.window_ends_at else excluded.window_ends_at end
           returning failures`,
          { bucket, windowSeconds },
        ),
      );
      return failures;
    },

    /** Removes a correct code from the count. */
    uncountTypedCode: (bucket: Buffer) =>
      sql.execute(
        named('update sign_in_failures set failures = failures - 1 where bucket = :bucket', { bucket }),
      ),

    /** Removes some of the requests that expired this long ago. */
    async forgetOld(seconds: number, atMost: number): Promise<void> {
      for (const [table, key] of [
        ['authorization_requests', 'id'],
        ['device_codes', 'device_code_hash'],
      ]) {
        await sql.execute(
          named(
            `delete from ${table} where ${key} in (
             select ${key} from ${table} where expires_at < now() - make_interval(secs => :seconds)
              limit :atMost for update skip locked)`,
            { seconds, atMost },
          ),
        );
      }
    },
  };
}

/** Reports whether fewer are open than `:total`, and fewer of the network than `:ofNetwork`. */
function hasCapacity<Table extends string>(table: Table) {
  const open = `select from ${table} where expires_at > now() and outcome is null` as const;
  return `(select count(*) from (${open} limit :total) as open) < :total
      and (select count(*) from (${open} and network = :network limit :ofNetwork) as open) < :ofNetwork` as const;
}
