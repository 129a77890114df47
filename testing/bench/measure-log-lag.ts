import type { BenchFixture } from './bench-fixture.ts';
import type { Row } from './report.ts';
import { runCommand } from './command-output.ts';
import { summarize } from './samples.ts';

const printedLines = 150;

/**
 * Delay from printing a line to receiving it as a log follower, compared with a reader at the end of the
 * script's pipe.
 */
export async function measureLogLag({ scripts }: BenchFixture): Promise<Row[]> {
  const run = await scripts.completeRun('ticker');
  const piped: { content: string; receivedAtMs: number }[] = [];
  await runCommand(scripts.bareScript('ticker'), {
    ...scripts.bare,
    onLine: (content) => piped.push({ content, receivedAtMs: Date.now() }),
  });
  const received = run.lines.map(readTick);
  const missing = printedLines - new Set(received.map((tick) => tick.number)).size;
  const summary = (ticks: readonly Tick[]) =>
    summarize(
      ticks.map((tick) => tick.lagMs),
      { withP95: true },
    );
  return [
    {
      name: 'line printed to line received by a stream',
      unit: 'ms',
      figure: summary(received),
      baseline: { name: 'pipe of the script', figure: summary(piped.map(readTick)) },
      goal: { of: 'median', atMost: 50 },
    },
    {
      name: `lines never seen, of ${printedLines}`,
      unit: 'lines',
      figure: summarize([missing]),
      baseline: null,
      goal: { of: 'median', atMost: 0 },
    },
  ];
}

interface Tick {
  number: number;
  lagMs: number;
}

function readTick({ content, receivedAtMs }: { content: string; receivedAtMs: number }): Tick {
  const [number = '', nanoseconds = ''] = content.split(' ');
  return { number: Number(number), lagMs: receivedAtMs - Number(BigInt(nanoseconds) / 1000n) / 1000 };
}
