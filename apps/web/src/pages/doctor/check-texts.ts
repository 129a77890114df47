import type { CheckResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';
import { formatNoun } from '../../ui/format.ts';

const appearances: Readonly<Record<string, StateAppearance>> = {
  ok: { word: 'OK', glyph: '✓', colour: 'completed' },
  warning: { word: 'Warning', glyph: '!', colour: 'pending' },
  problem: { word: 'Problem', glyph: '✕', colour: 'failed' },
  skipped: { word: 'Skipped', glyph: '–', colour: 'skipped' },
};

/** @param status may be a status of a newer server that this console does not know */
export function checkAppearance(status: string): StateAppearance {
  return appearances[status] ?? { word: 'Unknown', glyph: '?', colour: 'cancelled' };
}

const loopAppearances: Readonly<Record<string, StateAppearance>> = {
  working: { word: 'Working', glyph: '✓', colour: 'completed' },
  waiting: { word: 'Waiting', glyph: '◌', colour: 'skipped' },
  late: { word: 'Late', glyph: '✕', colour: 'failed' },
};

/** @param state may be a state of a newer server that this console does not know */
export function loopAppearance(state: string): StateAppearance {
  return loopAppearances[state] ?? { word: 'Unknown', glyph: '?', colour: 'cancelled' };
}

/** Checks that need an action, problems first; the others; each in the order of the server. */
export function splitChecks(checks: readonly CheckResponse[]) {
  const have = (status: string) => checks.filter((check) => check.status === status);
  const urgent = [...have('problem'), ...have('warning')];
  return { urgent, others: checks.filter((check) => !urgent.includes(check)) };
}

/** Answers whether something is wrong, such as "1 problem and 2 warnings". */
export function summarizeChecks(checks: readonly CheckResponse[]): string {
  const count = (status: string) => checks.filter((check) => check.status === status).length;
  const parts = [
    ...(count('problem') > 0 ? [formatNoun(count('problem'), 'problem')] : []),
    ...(count('warning') > 0 ? [formatNoun(count('warning'), 'warning')] : []),
  ];
  return parts.length === 0 ? 'No problems found' : parts.join(' and ');
}
