import type { CheckResult } from '@pumphouse/server/operator';
import { countResults, readConfig, runDoctor } from '@pumphouse/server/operator';
import { styleText } from 'node:util';
import { formatReport, type Paint } from './doctor-report.ts';

/** Checks the machine and the settings of the server. The exit code is 1 if there is a problem. */
export async function showDoctor(options: { json?: true }): Promise<void> {
  const results = await runDoctor(readConfig());
  process.stdout.write(
    options.json ? `${JSON.stringify(toJson(results), null, 2)}\n` : formatReport(results, paint),
  );
  if (countResults(results).problem > 0) process.exitCode = 1;
}

const colors = { ok: 'green', warning: 'yellow', problem: 'red', skipped: 'dim' } as const;

/** Colors on a terminal only; NO_COLOR switches them off. */
export const paint: Paint = (status, text) =>
  styleText(colors[status], text, { stream: process.stdout, validateStream: true });

function toJson(results: readonly CheckResult[]) {
  const counts = countResults(results);
  return {
    ok: counts.problem === 0,
    counts,
    results: results.map(({ nextStep, ...result }) => ({ ...result, next_step: nextStep })),
  };
}
