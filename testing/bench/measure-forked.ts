/** Runs forked from a template beside cold ones, on two servers that differ only in that setting. */
import { createBenchFixture, type BenchFixture } from './bench-fixture.ts';
import { readTimeMs, runCommand } from './command-output.ts';
import { listCostRows, measureCosts } from './measure-burst.ts';
import type { Row } from './report.ts';
import { summarize } from './samples.ts';
import { warmUpTemplate } from './warm-up.ts';

type Modes = Record<'forked' | 'cold', BenchFixture>;

/** @param burstRuns how many runs start at once */
export async function measureForked(rounds: number, burstRuns: number): Promise<Row[]> {
  const cold = await createBenchFixture({ PUMPHOUSE_TEMPLATES_MEMORY_PERCENT: '0' });
  try {
    const forked = await createBenchFixture();
    try {
      await warmUpTemplate(forked.server, forked.scripts, 'nothing');
      await warmUpTemplate(forked.server, forked.together, 'together');
      const modes = { forked, cold };
      return [
        ...(await compareFirstLines(modes, rounds)),
        ...(await compareToEnd(modes, 'nothing', 'a script of one line, to its end', rounds)),
        ...(await compareToEnd(modes, 'thousand_rows', '1,000 rows -> DuckDB, to the end', rounds)),
        ...(await compareBursts(modes, burstRuns)),
      ];
    } finally {
      await forked.remove();
    }
  } finally {
    await cold.remove();
  }
}

/** For two quiet cores. */
const goals = { forkedFirstLineMs: 150, coldFirstLineMs: 500, burstSeconds: 4, cpuPerRunMs: 130 };

interface Compared {
  name: string;
  goalsMs?: Record<'forked' | 'cold', number>;
  ofRun: (fixture: BenchFixture) => Promise<number>;
  ofScript: (fixture: BenchFixture) => Promise<number>;
}

function compareFirstLines(modes: Modes, rounds: number): Promise<Row[]> {
  return compare(modes, rounds, {
    name: 'API call to first line',
    goalsMs: { forked: goals.forkedFirstLineMs, cold: goals.coldFirstLineMs },
    async ofRun({ scripts }) {
      const { calledAtMs, lines } = await scripts.completeRun('first_line');
      return readTimeMs(lines[0]?.content) - calledAtMs;
    },
    async ofScript({ scripts }) {
      const { startedAtMs, lines } = await runCommand(scripts.bareScript('first_line'), scripts.bare);
      return readTimeMs(lines[0]) - startedAtMs;
    },
  });
}

function compareToEnd(
  modes: Modes,
  script: 'nothing' | 'thousand_rows',
  name: string,
  rounds: number,
): Promise<Row[]> {
  return compare(modes, rounds, {
    name,
    async ofRun({ scripts }) {
      const { calledAtMs, endedAtMs } = await scripts.completeRun(script);
      return endedAtMs - calledAtMs;
    },
    ofScript: async ({ scripts }) => (await runCommand(scripts.bareScript(script), scripts.bare)).durationMs,
  });
}

/** Measures a forked run, a cold one and the script alone in turn. */
async function compare({ forked, cold }: Modes, rounds: number, compared: Compared): Promise<Row[]> {
  const times = { forked: [] as number[], cold: [] as number[], script: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.forked.push(await compared.ofRun(forked));
    times.cold.push(await compared.ofRun(cold));
    times.script.push(await compared.ofScript(forked));
  }
  const figure = { forked: summarize(times.forked), cold: summarize(times.cold) };
  const script = { name: 'python script.py', figure: summarize(times.script) };
  const row = (mode: 'forked' | 'cold', baseline: Row['baseline']): Row => ({
    name: `${compared.name}, ${mode}`,
    unit: 'ms',
    figure: figure[mode],
    baseline,
    goal: compared.goalsMs ? { of: 'median', atMost: compared.goalsMs[mode] } : null,
  });
  return [row('forked', { name: 'cold', figure: figure.cold }), row('forked', script), row('cold', script)];
}

async function compareBursts({ forked, cold }: Modes, burstRuns: number): Promise<Row[]> {
  const costs = { forked: await measureCosts(forked, burstRuns), cold: await measureCosts(cold, burstRuns) };
  const seconds = (mode: 'forked' | 'cold') => summarize([costs[mode].seconds]);
  return [
    {
      name: `${burstRuns} runs at once, forked: until the last has ended`,
      unit: 's',
      figure: seconds('forked'),
      baseline: { name: 'cold', figure: seconds('cold') },
      goal: { of: 'median', atMost: goals.burstSeconds },
    },
    ...listCostRows(costs.forked).map((row) => ({
      ...row,
      name: `${row.name}, forked`,
      goal: row.name === 'CPU per run: all' ? { of: 'median' as const, atMost: goals.cpuPerRunMs } : null,
    })),
    ...listCostRows(costs.cold).map((row) => ({ ...row, name: `${row.name}, cold` })),
  ];
}
