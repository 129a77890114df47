import { setTimeout as delay } from 'node:timers/promises';
import { createOnlineMigrations } from '@pumphouse/server/store/postgres/upgrades/online-migrations.ts';
import { migrate } from '@pumphouse/server/store/postgres/upgrades/migrate.ts';
import { silentLog } from '../fixtures/test-postgres.ts';

// What a server does for its schema, without the rest of the server: it migrates at the start, and then works on the online
// migrations until none is left. It prints what it has done, one word a line.

const pauseMs = 100;
const [url = '', folder = ''] = process.argv.slice(2);
const { signal } = new AbortController();

await migrate(url, { folder });
console.log('started');
const online = createOnlineMigrations(url, { log: silentLog, folder });
for (;;) {
  const outcome = await online.advance(signal);
  console.log(outcome);
  if (outcome === 'idle') break;
  if (outcome === 'failed') throw new Error('An online migration failed');
  await delay(pauseMs);
}
