import {
  createAccounts,
  createKeys,
  createOrganizationLimits,
  createServerLog,
  openKeyTokens,
  openStore,
  readConfig,
} from '@pumphouse/server/operator';
import { text } from 'node:stream/consumers';
import { actAsOperator } from './operator.ts';

type Opened = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens the database of the data folder, with or without a running server. Changes are recorded as an
 * operator's.
 */
export async function withStore<T>(work: (persistence: Opened['persistence']) => Promise<T>): Promise<T> {
  const config = readConfig();
  const opened = await openStore(config, createServerLog({ ...config, logLevel: 'warn' }));
  try {
    return await actAsOperator(() => work(opened.persistence));
  } finally {
    await opened.close();
  }
}

export async function createOwner(options: { email: string; organization?: string }): Promise<void> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  const { outcome, organization } = await withStore((persistence) =>
    createAccounts(persistence).createOwner({
      email: options.email,
      password,
      organization: options.organization ?? null,
    }),
  );
  process.stderr.write(`${describeOwner(outcome, options.email, organization ?? '')}\n`);
}

function describeOwner(outcome: 'created' | 'joined' | 'password', email: string, name: string): string {
  if (outcome === 'created')
    return `Created the account ${email}, the owner of the new organization ${name}.`;
  if (outcome === 'joined')
    return `Created the account ${email}, an owner of the existing organization ${name}.`;
  return `Set a new password for ${email}. Its roles are unchanged.`;
}

/** Print only the link to standard output. */
export async function createPasswordLink(options: { email: string }): Promise<void> {
  const token = await withStore((persistence) =>
    createAccounts(persistence).createPasswordLink(options.email),
  );
  const { publicUrl, port } = readConfig();
  process.stdout.write(`${publicUrl ?? `http://127.0.0.1:${port}`}/sign-in/reset-password?token=${token}\n`);
}

/** Print only the key to standard output, so that a script can read it. */
export async function createKey(options: {
  email: string;
  days?: number;
  name?: string;
  workspace?: string;
  role: 'developer' | 'viewer';
  jwt?: boolean;
}) {
  const workspace = options.workspace ? { id: options.workspace, role: options.role } : null;
  const secret = await withStore(async (persistence) => {
    // Before the key is created: without the server's secret key the key would exist without ever being printed.
    const issueToken = options.jwt === true ? await openKeyTokens(readConfig(), persistence) : null;
    const { email, days = null, name = null } = options;
    const created = await createKeys(persistence).create({ email, days, name, workspace });
    return issueToken ? issueToken(created) : created;
  });
  process.stdout.write(`${secret}\n`);
}

/** Options that are left out stay unchanged. */
export async function setLimits(options: {
  organization: string;
  concurrentRuns?: string;
  minutesAMonth?: string;
}): Promise<void> {
  const { concurrentRuns, minutesAMonth } = options;
  const change = {
    ...(concurrentRuns !== undefined && { concurrentRuns: readLimit('--concurrent-runs', concurrentRuns) }),
    ...(minutesAMonth !== undefined && { minutesAMonth: readLimit('--minutes-a-month', minutesAMonth) }),
  };
  if (Object.keys(change).length === 0)
    throw new Error('Set --concurrent-runs, --minutes-a-month or both to a number or none.');
  const { name, limits } = await withStore(async (persistence) => {
    const service = createOrganizationLimits(persistence);
    const { id, name } = await service.find(options.organization);
    return { name, limits: await service.set(id, change) };
  });
  process.stderr.write(
    `${name}: ${limits.concurrentRuns ?? 'any number of'} runs at once, ${limits.minutesAMonth ?? 'any number of'} minutes a month.\n`,
  );
}

const maxLimit = 2_147_483_647;

function readLimit(option: string, text: string): number | null {
  if (text === 'none') return null;
  if (/^\d{1,10}$/.test(text) && Number(text) <= maxLimit) return Number(text);
  throw new Error(`${option} must be a whole number or none, not "${text}".`);
}
