import type { Leftovers } from '@pumphouse/server/services/retention/leftovers.ts';
import { readConfig } from '@pumphouse/server/config/config.ts';
import { createServerLog, openStorage } from '@pumphouse/server/operator';

/** Provides the services of `admin leftovers` at a time the given minutes later. */
export async function withLeftovers<Value>(
  env: NodeJS.ProcessEnv,
  minutesLater: number,
  use: (leftovers: Leftovers) => Promise<Value>,
): Promise<Value> {
  const config = { ...readConfig(env), logLevel: 'silent' as const };
  const readNow = async () => new Date(Date.now() + minutesLater * 60_000);
  const opened = await openStorage(config, createServerLog(config), { readNow });
  try {
    return await use(opened.leftovers);
  } finally {
    await opened.close();
  }
}
