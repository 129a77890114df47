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

async function compareFirstLines({ forked, cold }: Modes, rounds: number): Promise<Row[]> {
  const times = { forked: [] as number[], cold: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.forked.push(await timeFirstLine(forked));
    times.cold.push(await timeFirstLine(cold));
    const bare = await runCommand(forked.scripts.bareScript('first_line'), forked.scripts.bare);
    times.bare.push(readTimeMs(bare.lines[0]) - bare.startedAtMs);
  }
  return compareRows('API call to first line', times);
}

async function timeFirstLine({ scripts }: BenchFixture): Promise<number> {
  const { calledAtMs, lines } = await scripts.completeRun('first_line');
  return readTimeMs(lines[0]?.content) - calledAtMs;
}

async function compareToEnd(
  { forked, cold }: Modes,
  script: 'nothing' | 'thousand_rows',
  name: string,
  rounds: number,
): Promise<Row[]> {
  const times = { forked: [] as number[], cold: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of ['forked', 'cold'] as const) {
      const run = await { forked, cold }[mode].scripts.completeRun(script);
      times[mode].push(run.endedAtMs - run.calledAtMs);
    }
    times.bare.push((await runCommand(forked.scripts.bareScript(script), forked.scripts.bare)).durationMs);
  }
  return compareRows(name, times);
}

function compareRows(name: string, times: Record<'forked' | 'cold' | 'bare', number[]>): Row[] {
  const [forked, cold, bare] = [times.forked, times.cold, times.bare].map((values) => summarize(values));
  if (!forked || !cold || !bare) return [];
  const script = { name: 'python script.py', figure: bare };
  const row = (mode: string, figure: typeof forked, baseline: Row['baseline']): Row => ({
    name: `${name}, ${mode}`,
    unit: 'ms',
    figure,
    baseline,
    goal: null,
  });
  return [
    row('forked', forked, { name: 'cold', figure: cold }),
    row('forked', forked, script),
    row('cold', cold, script),
  ];
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
      goal: null,
    },
    ...listCostRows(costs.forked).map((row) => ({ ...row, name: `${row.name}, forked` })),
    ...listCostRows(costs.cold).map((row) => ({ ...row, name: `${row.name}, cold` })),
  ];
}
