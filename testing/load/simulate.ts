/**
 * `npm run load:simulate`: what days of 10 thousand to 10 million runs need, by the costs that `npm run load`
 * measured. Arrivals beyond what one machine can produce are simulated, not run. See docs/operate/scale.md.
 */
import type { SimulatedDay, Site } from './simulate-day.ts';
import { measuredCosts } from './measured-costs.ts';
import { simulateDay } from './simulate-day.ts';

const sites: Record<string, Site> = {
  'one machine, 2 cores': { schedulers: 1, supervisors: 1, postgresCores: 1, usablePart: 0.7 },
  'one machine, 8 cores': { schedulers: 1, supervisors: 2, postgresCores: 4, usablePart: 0.7 },
  'Postgres with 16 cores, 8 supervisors': {
    schedulers: 2,
    supervisors: 8,
    postgresCores: 16,
    usablePart: 0.7,
  },
};
const daySizes = [10_000, 100_000, 1_000_000, 10_000_000];
/** Teams schedule by habit: this part of a day's runs is due at midnight. */
const midnightPart = 0.2;

const header = [
  'site',
  'runs a day',
  'limit',
  'bottleneck',
  'average load',
  'begins within',
  'midnight takes',
];
const rows = Object.entries(sites).flatMap(([name, site]) =>
  daySizes.map((runs) => describe(name, runs, simulateDay(measuredCosts, site, { runs, midnightPart }))),
);
process.stdout.write(
  `${[header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`,
);

function describe(name: string, runs: number, day: SimulatedDay): string[] {
  const isTooMuch = day.averageLoad > 1;
  return [
    name,
    runs.toLocaleString('en'),
    `${Math.round(day.maxRunsPerSecond)} runs/s`,
    day.bottleneck,
    `${Math.round(day.averageLoad * 100)} %`,
    isTooMuch ? 'never' : formatSeconds(day.maxBeginLagSeconds),
    isTooMuch ? 'never ends' : formatSeconds(day.midnightSeconds),
  ];
}

function formatSeconds(seconds: number): string {
  return seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
