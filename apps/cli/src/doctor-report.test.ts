import type { CheckResult } from '@pumphouse/server/operator';
import { describe, expect, it } from 'vitest';
import { formatFinding, formatReport, formatStartReport } from './doctor-report.ts';

const plain = (_status: string, text: string) => text;
const results: CheckResult[] = [
  { id: 'uv', area: 'executor', title: 'uv', status: 'ok', found: 'uv 1.0.0.', nextStep: null },
  {
    id: 'sandbox',
    area: 'executor',
    title: 'Sandbox',
    status: 'problem',
    found: 'bubblewrap is missing.',
    nextStep: 'Install it: sudo apt-get install bubblewrap.',
  },
  { id: 'disk', area: 'data_folder', title: 'Disk', status: 'ok', found: '9 GB free.', nextStep: null },
  { id: 'engine', area: 'executor', title: 'Engine', status: 'skipped', found: 'Not used.', nextStep: null },
];

it('lists results by area, each next step below its result, and counts them', () => {
  expect(formatReport(results, plain)).toContain(
    [
      'Runs',
      '  ok       uv: uv 1.0.0.',
      '  problem  Sandbox: bubblewrap is missing.',
      '           -> Install it: sudo apt-get install bubblewrap.',
      '  skipped  Engine: Not used.',
      '',
      'Data folder',
      '  ok       Disk: 9 GB free.',
    ].join('\n'),
  );
  expect(formatReport(results, plain)).toMatch(/^1 problem, 0 warnings, 2 ok, 1 skipped\.$/m);
});

it('aligns the lines of a next step', () => {
  const found = {
    title: 'Limits',
    status: 'warning',
    found: 'None.',
    nextStep: 'Do this.\nOr that.',
  } as const;
  expect(formatFinding(found, plain).split('\n')).toEqual([
    '  warning  Limits: None.',
    '           -> Do this.',
    '              Or that.',
  ]);
});

describe('the report of a start', () => {
  it('shows at the first start what was found and what is missing', () => {
    const lines = formatStartReport(results, { isFirst: true }, plain).split('\n');
    expect(lines).toEqual([
      'Checks of this machine:',
      '  ok       uv: uv 1.0.0.',
      '  problem  Sandbox: bubblewrap is missing.',
      '           -> Install it: sudo apt-get install bubblewrap.',
      'bin/pumphouse doctor shows all checks.',
      '',
    ]);
  });

  it('shows only problems and warnings later, and nothing if there are none', () => {
    expect(formatStartReport(results, { isFirst: false }, plain)).not.toContain('uv 1.0.0');
    const fine = results.filter(({ status }) => status !== 'problem');
    expect(formatStartReport(fine, { isFirst: false }, plain)).toBe('');
  });
});
