/** Formats results of checks for a terminal. Pure. */
import { checkAreas, countResults, type CheckArea, type CheckResult } from '@pumphouse/server/operator';

/** Colors a text for a status; the identity without a terminal. */
export type Paint = (status: CheckResult['status'], text: string) => string;

const areaTitles: Record<CheckArea, string> = {
  executor: 'Runs',
  data_folder: 'Data folder',
  database: 'Database',
  addresses: 'Addresses',
  services: 'Mail, blobs and backups',
};
const statusWidth = 'problem'.length;

/** Lists all results by area, with the next step below each one that has one, and a line with the counts. */
export function formatReport(results: readonly CheckResult[], paint: Paint): string {
  const sections = checkAreas.map((area) => {
    const lines = results
      .filter((result) => result.area === area)
      .map((result) => formatFinding(result, paint));
    return `${areaTitles[area]}\n${lines.join('\n')}\n`;
  });
  return `${sections.join('\n')}\n${formatCounts(results)}\n`;
}

/** What a first start shows although it works: what runs will use, and where the server listens. */
const shownAtFirstStart = new Set<string>([
  'executor',
  'python',
  'uv',
  'sandbox',
  'run_network',
  'limits',
  'engine',
  'cluster',
  'port_ipv4',
  'port_ipv6',
]);

/**
 * Lists what an operator should see when a server has started: problems and warnings, and at the first start
 * also what was found. Empty if there is nothing to show.
 */
export function formatStartReport(
  results: readonly CheckResult[],
  { isFirst }: { isFirst: boolean },
  paint: Paint,
): string {
  const shown = results.filter(
    ({ id, status }) =>
      status === 'problem' ||
      status === 'warning' ||
      (isFirst && status === 'ok' && shownAtFirstStart.has(id)),
  );
  if (shown.length === 0) return '';
  const lines = shown.map((result) => formatFinding(result, paint));
  return `Checks of this machine:\n${lines.join('\n')}\nbin/pumphouse doctor shows all checks.\n`;
}

/** One result: its status and finding, and the next step in a line of its own. */
export function formatFinding(
  { status, title, found, nextStep }: Pick<CheckResult, 'found' | 'nextStep' | 'status' | 'title'>,
  paint: Paint,
): string {
  const line = `  ${paint(status, status.padEnd(statusWidth))}  ${title}: ${found}`;
  if (nextStep === null) return line;
  const indent = `\n  ${' '.repeat(statusWidth)}  `;
  return `${line}${indent}-> ${nextStep.replaceAll('\n', `${indent}   `)}`;
}

function formatCounts(results: readonly CheckResult[]): string {
  const counts = countResults(results);
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return `${count(counts.problem, 'problem')}, ${count(counts.warning, 'warning')}, ${counts.ok} ok, ${counts.skipped} skipped.`;
}
