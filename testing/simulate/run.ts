/**
 * `npm run simulate -- --seed N [--days D] [--jobs J] [--only-backfills]`: simulates a year of a workspace in virtual time and
 * compares it with a model. Exits with code 1 at the first violation, and prints what led to it. See
 * docs/contribute/simulation.md.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { simulateYear } from './year.ts';
import { startTestPostgres } from '../fixtures/test-postgres.ts';
import { Violation } from './journal.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      days: { type: 'string', default: '365' },
      jobs: { type: 'string', default: '200' },
      'only-backfills': { type: 'boolean', default: false },
    },
  });
  const read = (name: string, text: string): number => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= 1) return number;
    throw new RangeError(`--${name} is a whole number of at least 1, got ${text}`);
  };
  return {
    seed: read('seed', values.seed ?? String(randomInt(1, 2 ** 31))),
    days: read('days', values.days),
    jobs: read('jobs', values.jobs),
    onlyBackfills: values['only-backfills'],
  };
}

async function run(): Promise<boolean> {
  const options = readOptions();
  say(`seed ${options.seed}: ${options.jobs} jobs for ${options.days} days`);
  const postgres = await startTestPostgres(process.env['PUMPHOUSE_TEST_DATABASE_URL']);
  const database = createDatabase(postgres.templateUrl, { maxConnections: 14 });
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  try {
    const counts = await simulateYear(database, {
      ...options,
      onDay(lane, day, soFar) {
        if (lane === 0 && day % 10 === 0)
          say(
            `day ${day}: ${soFar.get('starts') ?? 0} starts in a quarter of the jobs, ${seconds().toFixed(0)} s`,
          );
      },
    });
    for (const [what, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      say(`${String(count).padStart(8)} ${what}`);
    const perStep = (seconds() * 1000) / (counts.get('steps') ?? 1);
    say(`${seconds().toFixed(0)} s, ${perStep.toFixed(1)} ms a step; nothing missed, doubled or overlapping`);
    return true;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    say(error.message);
    say(`again: npm run simulate -- --seed ${options.seed} --days ${options.days} --jobs ${options.jobs}`);
    return false;
  } finally {
    await database.close();
    await postgres.stop();
  }
}

process.exitCode = (await run()) ? 0 : 1;
