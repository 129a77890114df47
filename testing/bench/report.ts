import type { Noise } from './noise.ts';
import type { Summary } from './samples.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Unit = 'ms' | 's' | 'kB' | 'MB' | '/s' | '/min' | '%' | 'runs' | 'lines' | 'statements' | 'requests';

/** One figure, with the baseline on the same machine without Pumphouse, taken in the same minutes. */
export interface Row {
  name: string;
  unit: Unit;
  figure: Summary;
  baseline: { name: string; figure: Summary } | null;
  /** Goal for a quiet machine with two cores. */
  goal: Goal | null;
  /** Shown after the goal, such as how the figure scales. */
  note?: string;
}

interface Goal {
  /** `over-baseline`: the median minus the baseline's median. */
  of: 'median' | 'p95' | 'over-baseline';
  atMost: number;
}

/** The rows of one measurement, and how quiet the machine was. */
export interface Section {
  title: string;
  noise: Noise;
  rows: Row[];
}

export interface Report {
  startedAt: string;
  machine: Record<string, string | number>;
  sections: Section[];
}

/**
 * Writes `<folder>/<time>.json`.
 * @returns its path
 */
export async function writeReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${report.startedAt.replaceAll(':', '-')}.json`);
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}

/** Formats the section as lines of text; columns are aligned across all sections. */
export function formatSection({ title, noise, rows }: Section): string {
  const wait = noise.cpuWaitShare === null ? 'not known' : `${Math.round(noise.cpuWaitShare * 100)} %`;
  const load = `load ${noise.loadBefore.toFixed(1)} -> ${noise.loadAfter.toFixed(1)}, CPU wait ${wait}`;
  return [`${title}   [${load}]`, ...rows.map(formatRow), ''].join('\n');
}

const nameWidth = 62;
const figureWidth = 40;
const baselineWidth = 66;
const ratioWidth = 9;

export const tableHead = [
  'figure'.padEnd(nameWidth),
  'median (min - max)'.padEnd(figureWidth),
  'baseline'.padEnd(baselineWidth),
  'ratio'.padEnd(ratioWidth),
  'goal',
].join('');

function formatRow(row: Row): string {
  const { baseline, unit } = row;
  const beside = baseline ? `${formatSummary(baseline.figure, unit)} ${baseline.name}` : '-';
  return [
    `  ${row.name}`.padEnd(nameWidth),
    formatSummary(row.figure, unit).padEnd(figureWidth),
    beside.padEnd(baselineWidth),
    formatRatio(row).padEnd(ratioWidth),
    [formatGoal(row), row.note ?? ''].join('  '),
  ]
    .join('')
    .trimEnd();
}

/** Ratio of the medians; none if the baseline is zero. */
function formatRatio({ figure, baseline }: Row): string {
  if (baseline === null || baseline.figure.median <= 0) return '-';
  const ratio = figure.median / baseline.figure.median;
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0);
}

function formatSummary({ median, min, max, p95, count }: Summary, unit: Unit): string {
  const number = (value: number) => formatNumber(value, unit);
  if (count === 1) return `${number(median)} ${unit}`;
  const middle = p95 === null ? '' : `p95 ${number(p95)}, `;
  return `${number(median)} ${unit} (${middle}${number(min)} - ${number(max)})`;
}

function formatNumber(value: number, unit: Unit): string {
  if (unit === 's') return value.toFixed(2);
  if (unit === 'ms' && value > 0 && value < 20) return value.toFixed(value < 1 ? 2 : 1);
  // Clock resolution can make a value negative; show it as zero.
  return unit === '%' ? value.toFixed(1) : Math.max(0, value).toFixed(0);
}

function formatGoal({ goal, figure, baseline, unit }: Row): string {
  if (!goal) return '';
  const over = goal.of === 'over-baseline' ? (baseline?.figure.median ?? 0) : 0;
  const reached = goal.of === 'p95' ? (figure.p95 ?? figure.max) : figure.median - over;
  const labels = { median: '', p95: 'p95', 'over-baseline': 'over the baseline' }[goal.of];
  const decision = reached <= goal.atMost ? 'met' : 'missed';
  return `${decision}: ${formatNumber(reached, unit)} of ${goal.atMost} ${unit} ${labels}`.trimEnd();
}
