/**
 * `npm run load`: how many runs a second one Postgres, one scheduler and some supervisors take, over a long
 * history. Runs do nothing, so what remains is the work of the servers. See docs/operate/scale.md.
 */
import type { TickFixture } from '../bench/tick-fixture.ts';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { createTickFixture } from '../bench/tick-fixture.ts';
import { formatSection, tableHead } from '../bench/report.ts';
import { measureTickLoad } from '../bench/measure-ticks.ts';
import { watchNoise } from '../bench/noise.ts';

/** An external Postgres, as docs/operate/scale.md sizes it: the embedded one takes little memory. */
const postgres = { shared_buffers: '2GB', max_wal_size: '8GB', wal_compression: 'on' };
/** Long enough that a run of a job has ended before its next tick, even if the servers fall behind. */
const periodSeconds = 10;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    history: { type: 'string', default: '1000000' },
    supervisors: { type: 'string', default: '2' },
    /** Also prints the statements that take Postgres the most time. */
    statements: { type: 'boolean', default: false },
  },
});
const [startsPerSecond, windowSeconds, history, supervisors] = [
  readCount(values.rate),
  readCount(values.seconds),
  readCount(values.history),
  readCount(values.supervisors),
];

process.stdout.write(
  `${availableParallelism()} cores, ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB\n` +
    `${startsPerSecond} runs a second for ${windowSeconds} s over ${history} runs of history, ${supervisors} supervisors\n\n`,
);
const context = await createTickFixture({
  supervisors,
  maxActiveRuns: startsPerSecond,
  postgres: { ...postgres, 'pg_stat_statements.track_planning': values.statements ? 'on' : 'off' },
  ...(history > 0 && { history: { runs: history, pipelineRuns: Math.ceil(history / 2) } }),
});
try {
  const endWatch = watchNoise();
  const load = { jobCount: startsPerSecond * periodSeconds, startsPerSecond, windowSeconds };
  const rows = await measureTickLoad(context, load);
  process.stdout.write(`${tableHead}\n${formatSection({ title: 'Load', noise: endWatch(), rows })}\n`);
  if (values.statements)
    process.stdout.write(await describeStatements(context, startsPerSecond * windowSeconds));
} finally {
  await context.remove();
}

/** The statements with the most time in Postgres since the start of the window, as calls and milliseconds per run. */
async function describeStatements({ database }: TickFixture, runs: number): Promise<string> {
  const found = await database.query<{
    calls: number;
    plans: number;
    ms: number;
    role: string;
    text: string;
  }>(
    `select calls::float8, plans::float8, (total_exec_time + total_plan_time)::float8 as ms,
            replace(pg_get_userbyid(userid)::text, 'bench_', '') as role,
            left(regexp_replace(query, '\\s+', ' ', 'g'), 150) as text
       from pg_stat_statements order by total_exec_time + total_plan_time desc limit 40`,
  );
  const lines = found.map(({ calls, plans, ms, role, text }) =>
    [
      (calls / runs).toFixed(2).padStart(6),
      (plans / runs).toFixed(2).padStart(6),
      (ms / runs).toFixed(3).padStart(7),
      role.padEnd(10),
      text,
    ].join('  '),
  );
  const byRole = await database.query<{ role: string; ms: number }>(
    `select replace(pg_get_userbyid(userid)::text, 'bench_', '') as role, sum(total_exec_time + total_plan_time)::float8 as ms
       from pg_stat_statements group by 1 order by 2 desc`,
  );
  lines.push(...byRole.map(({ role, ms }) => `${role}: ${(ms / runs).toFixed(3)} ms per run`));
  return `\ncalls, plans and ms per run\n${lines.join('\n')}\n`;
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new Error(`${text} is not a whole number.`);
}
