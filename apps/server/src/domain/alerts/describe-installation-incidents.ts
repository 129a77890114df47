import type { ConsolePaths, IncidentText } from './incident-text.ts';
import { boundIncident, formatSeconds } from './incident-text.ts';
import { formatBytes } from '../primitives/format-bytes.ts';

export function describeStorage(
  full: { kind: string; bytes: number; maxBytes: number },
  paths: ConsolePaths,
): IncidentText {
  const percent = Math.floor((full.bytes / full.maxBytes) * 100);
  return boundIncident({
    title: `Stored ${full.kind} take ${percent}% of their limit`,
    details: ['Retention removes the oldest ones when the limit is reached.'],
    facts: [
      ['Stored', formatBytes(full.bytes)],
      ['Limit', formatBytes(full.maxBytes)],
    ],
    links: [paths.usage()],
  });
}

export function describeUsedMinutes(
  used: { usedMinutes: number; minutesAMonth: number },
  paths: ConsolePaths,
): IncidentText {
  const percent = Math.floor((used.usedMinutes / Math.max(used.minutesAMonth, 1)) * 100);
  return boundIncident({
    title: `${percent}% of the run minutes of this month are used`,
    details: ['Runs wait for the next month when all minutes are used.'],
    facts: [
      ['Used minutes', Math.floor(used.usedMinutes)],
      ['Minutes a month', used.minutesAMonth],
    ],
    links: [paths.usage()],
  });
}

export function describeLag(seconds: number, paths: ConsolePaths): IncidentText {
  return boundIncident({
    title: `The scheduler is ${formatSeconds(seconds)} behind`,
    details: [
      'Ticks of this installation are due and no scheduler has decided them. Check the servers with the role `scheduler`.',
    ],
    facts: [['Behind by', formatSeconds(seconds)]],
    links: [paths.jobs()],
  });
}
