/**
 * `npm run simulate:night -- [--seed N] [--hours H]`: simulates a night of two organizations with 20
 * schedules and 10 apps on a small server.
 */
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { parseArgs } from 'node:util';
import { simulateNight } from './night.ts';
import { startTestPostgres } from '../fixtures/test-postgres.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, hours: { type: 'string', default: '24' } },
});
const options = { seed: Number(values.seed), hours: Number(values.hours), slots: { batch: 6, apps: 4 } };
const postgres = await startTestPostgres(process.env['PUMPHOUSE_TEST_DATABASE_URL']);
const database = createDatabase(postgres.templateUrl);
try {
  say(`seed ${options.seed}: 2 organizations, 20 schedules, 10 apps, ${options.hours} hours`);
  say(`${options.slots.batch} slots of batch runs, ${options.slots.apps} of apps`);
  const startedAt = performance.now();
  const night = await simulateNight(database, options);
  const rows: [string, number | string][] = [
    ['ticks', night.ticks],
    ['ticks skipped', night.skipped.length],
    ['times a run waited while a batch slot was free', night.starved.length],
    ['ticks whose run waited for other batch runs', night.waited],
    ['longest of these waits, minutes', night.maxWaitMinutes],
    ['longest waits of the organizations, minutes', night.waitsOf.join(' and ')],
    ['starts of apps', night.appStarts],
    ['apps at once, at most', night.maxApps],
  ];
  for (const [what, figure] of rows) say(`${String(figure).padStart(9)}  ${what}`);
  for (const line of [...night.skipped, ...night.starved].slice(0, 20)) say(line);
  say(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  process.exitCode = night.skipped.length + night.starved.length === 0 ? 0 : 1;
} finally {
  await database.close();
  await postgres.stop();
}
