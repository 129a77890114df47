import { text } from 'node:stream/consumers';
import { readConfig } from '@pumphouse/server/config.ts';
import { createAccounts, createServerLog, openStore } from '@pumphouse/server/main';

type Accounts = ReturnType<typeof createAccounts>;

/** Opens the store of the data folder, beside a running server or without one. */
async function withAccounts<T>(work: (accounts: Accounts) => Promise<T>): Promise<T> {
  const config = readConfig();
  const opened = await openStore(config, createServerLog({ ...config, logLevel: 'warn' }));
  try {
    return await work(createAccounts(opened.persistence));
  } finally {
    await opened.close();
  }
}

export async function createOwner(options: { email: string; organization: string }): Promise<void> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  const { created } = await withAccounts((accounts) =>
    accounts.createOwner({ email: options.email, password, organization: options.organization }),
  );
  process.stderr.write(
    created ? `Made the account ${options.email}.\n` : `Set a new password for ${options.email}.\n`,
  );
}

/** The key alone goes to standard output, so that a script can take it. */
export async function createKey(options: {
  email: string;
  days: number;
  workspace?: string;
  role: 'developer' | 'viewer';
}) {
  const workspace = options.workspace ? { id: options.workspace, role: options.role } : null;
  const secret = await withAccounts((accounts) =>
    accounts.createKey({ email: options.email, days: options.days, workspace }),
  );
  process.stdout.write(`${secret}\n`);
}
