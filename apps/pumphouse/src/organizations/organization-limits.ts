import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatCount } from '../terminal/format.ts';
import { findOrganization } from './find-organization.ts';

export interface LimitOptions {
  concurrentRuns?: string;
  minutesAMonth?: string;
  maxKeyDays?: string;
}

/** Shows the limits, after setting those that are given. The others stay. */
export async function limitOrganization(
  session: Session,
  name: string | undefined,
  { concurrentRuns, minutesAMonth, maxKeyDays }: LimitOptions,
): Promise<void> {
  const { client, terminal } = session;
  const concurrent = parseLimit('--concurrent-runs', concurrentRuns);
  const minutes = parseLimit('--minutes-a-month', minutesAMonth);
  const keyDays = parseLimit('--max-key-days', maxKeyDays);
  const organization = await findOrganization(session, name);
  const params = { organization_id: organization.id };
  let limits = await client.call('get_organization_limits', { params });
  if (concurrent !== undefined || minutes !== undefined) {
    limits = await client.call('set_organization_limits', {
      params,
      body: {
        concurrent_runs: concurrent === undefined ? limits.concurrent_runs : concurrent,
        minutes_a_month: minutes === undefined ? limits.minutes_a_month : minutes,
      },
    });
  }
  const { max_key_days } =
    keyDays === undefined
      ? await client.call('get_organization_settings', { params })
      : await client.call('update_organization', { params, body: { max_key_days: keyDays } });
  if (concurrent !== undefined || minutes !== undefined || keyDays !== undefined)
    terminal.note(`Set the limits of ${organization.name}.`);
  session.show({ ...limits, max_key_days }, () =>
    formatDetails(terminal, [
      ['Concurrent runs', formatLimit(limits.concurrent_runs)],
      ['Minutes a month', formatLimit(limits.minutes_a_month)],
      ['Key lifetime', formatKeyLifetime(max_key_days)],
    ]),
  );
}

/**
 * Parses a limit: a whole number, or `none` (null).
 * @throws CommandError invalid_limit
 */
export function parseLimit(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text.toLowerCase() === 'none') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CommandError(`${option} is ${text}, which is not a limit.`, {
    code: 'invalid_limit',
    exitCode: exitCodes.usage,
    nextStep: `Give a whole number, or none: ${option} 8`,
  });
}

/** The maximum lifetime of keys as text. */
export function formatKeyLifetime(days: number | null): string {
  return days === null ? 'no limit' : `${days} days`;
}

/** A limit as text. */
export function formatLimit(limit: number | null): string {
  return limit === null ? 'no limit' : formatCount(limit);
}
