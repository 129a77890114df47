import type { CheckResult } from '../../domain/doctor/check-result.ts';
import type { Config } from '../../config/config.ts';
import { examine } from './examine.ts';
import { openDatabaseAsIs } from './open-database.ts';

/** Checks the machine and the settings of a server without being that server, which may run or not. */
export async function runDoctor(config: Config): Promise<CheckResult[]> {
  const opened = await openDatabaseAsIs(config);
  try {
    return await examine({ config, database: opened.database, server: null });
  } finally {
    await opened.close();
  }
}
