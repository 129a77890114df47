import type { CheckResult } from '@pumphouse/server/operator';
import {
  checkUpgrade,
  countResults,
  createServerLog,
  readConfig,
  runDoctor,
} from '@pumphouse/server/operator';
import { styleText } from 'node:util';
import { formatFinding, formatReport, type Paint } from './doctor-report.ts';

/** Checks the machine and the settings of the server. The exit code is 1 if there is a problem. */
export async function showDoctor(options: { json?: true; upgrade?: true }): Promise<void> {
  if (options.upgrade) return showUpgradeCheck(options);
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

/** Checks whether this version can take over the installation. The exit code is 1 if it cannot. */
async function showUpgradeCheck(options: { json?: true }): Promise<void> {
  const config = readConfig();
  const findings = await checkUpgrade(config, createServerLog({ ...config, logLevel: 'warn' }));
  const isPossible = findings.every(({ status }) => status !== 'problem');
  if (!isPossible) process.exitCode = 1;
  if (options.json) {
    const results = findings.map(({ nextStep, ...finding }) => ({ ...finding, next_step: nextStep }));
    process.stdout.write(`${JSON.stringify({ ok: isPossible, results }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${findings.map((finding) => formatFinding(finding, paint)).join('\n')}\n`);
}

function toJson(results: readonly CheckResult[]) {
  const counts = countResults(results);
  return {
    ok: counts.problem === 0,
    counts,
    results: results.map(({ nextStep, ...result }) => ({ ...result, next_step: nextStep })),
  };
}
