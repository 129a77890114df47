import type { AppFixture, EntryPoint } from './app-fixture.ts';
import type { Row } from './report.ts';
import { appKinds, createAppFixture, type AppKind } from './app-fixture.ts';
import { summarize } from './samples.ts';

/**
 * Time until a visitor sees an app of each kind: a stopped one with a built environment, and a running one.
 * Compared with the same launcher started manually on its own port.
 */
export async function measureAppOpening(rounds: number): Promise<Row[]> {
  const context = await createAppFixture();
  try {
    const rows: Row[] = [];
    for (const kind of appKinds) rows.push(...(await measureKind(context, kind, rounds)));
    return rows;
  } finally {
    await context.remove();
  }
}

async function measureKind(context: AppFixture, kind: AppKind, rounds: number): Promise<Row[]> {
  const served = await context.visit(kind);
  const times = {
    cold: [] as number[],
    bareCold: [] as number[],
    warm: [] as number[],
    bareWarm: [] as number[],
  };
  for (let round = 0; round < rounds; round += 1) {
    await served.stop();
    times.cold.push(await timeOpening(kind, served));
    const bareFrom = performance.now();
    const bare = await context.launch(kind);
    await kind.see(bare);
    times.bareCold.push(performance.now() - bareFrom);
    // Alternate, so that other load on the machine affects both.
    for (let visit = 0; visit < 3; visit += 1) {
      times.warm.push(await timeOpening(kind, served));
      times.bareWarm.push(await timeOpening(kind, bare));
    }
    bare.end();
  }
  return [
    {
      name: `${kind.name}: a visit to one that was stopped`,
      unit: 'ms',
      figure: summarize(times.cold),
      baseline: { name: 'the launcher by hand, then its port', figure: summarize(times.bareCold) },
      goal: null,
    },
    {
      name: `${kind.name}: a visit to one that runs`,
      unit: 'ms',
      figure: summarize(times.warm),
      baseline: { name: 'at its port', figure: summarize(times.bareWarm) },
      goal: null,
    },
  ];
}

async function timeOpening(kind: AppKind, entry: EntryPoint): Promise<number> {
  const from = performance.now();
  await kind.see(entry);
  return performance.now() - from;
}
