import type { OrphanCollector } from '@pumphouse/server/services/retention/orphans.ts';
import { readConfig } from '@pumphouse/server/config/config.ts';
import { createServerLog, openStorage } from '@pumphouse/server/operator';

/** Provides the services of `admin leftovers` at a time the given minutes later. */
export async function withOrphans<Value>(
  env: NodeJS.ProcessEnv,
  minutesLater: number,
  use: (orphans: OrphanCollector) => Promise<Value>,
): Promise<Value> {
  const config = { ...readConfig(env), logLevel: 'silent' as const };
  const readNow = async () => new Date(Date.now() + minutesLater * 60_000);
  const opened = await openStorage(config, createServerLog(config), { readNow });
  try {
    return await use(opened.orphans);
  } finally {
    await opened.close();
  }
}
