import type { AlertKind, AlertSeverity } from '@pumphouse/contract';
import { alertKinds } from './alert-kinds.ts';

/** A rule that the console proposes for a workspace without rules. */
export interface SuggestedRule {
  name: string;
  kind: AlertKind;
  severity: AlertSeverity;
  reminderSeconds: number | null;
}

const daySeconds = 86_400;

/** What most workspaces want to know: failures, missing runs and data, and what stands still. */
const suggestedKinds: readonly AlertKind[] = [
  'run_failed',
  'backfill_failed',
  'late',
  'running_long',
  'stuck_waiting',
  'freshness_missed',
  'zero_rows',
  'check_failed',
  'schema_changed',
];

/** Lists the proposed rules, all for the whole workspace with the defaults of their kinds. */
export function listSuggestedRules(): SuggestedRule[] {
  return suggestedKinds.map((kind) => {
    const { label, severity, isMomentary } = alertKinds[kind];
    return { name: label, kind, severity, reminderSeconds: isMomentary ? null : daySeconds };
  });
}
