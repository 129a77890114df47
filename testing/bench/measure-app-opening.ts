import type { AppPlace, Door } from './app-place.ts';
import type { Row } from './report.ts';
import { appKinds, createAppPlace, type AppKind } from './app-place.ts';
import { summarize } from './samples.ts';

/**
 * Time until a visitor sees an app of each kind: a stopped one with a built environment, and a running one.
 * Compared with the same launcher started manually on its own port.
 */
export async function measureAppOpening(rounds: number): Promise<Row[]> {
  const place = await createAppPlace();
  try {
    const rows: Row[] = [];
    for (const kind of appKinds) rows.push(...(await measureKind(place, kind, rounds)));
    return rows;
  } finally {
    await place.remove();
  }
}

async function measureKind(place: AppPlace, kind: AppKind, rounds: number): Promise<Row[]> {
  const served = await place.visit(kind);
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
    const bare = await place.launch(kind);
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

async function timeOpening(kind: AppKind, door: Door): Promise<number> {
  const from = performance.now();
  await kind.see(door);
  return performance.now() - from;
}
