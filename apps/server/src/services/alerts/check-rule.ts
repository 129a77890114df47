import type { AlertConditions } from '../../domain/alerts/alert-kinds.ts';
import type { AlertKind, AlertSeverity } from '@pumphouse/contract';
import type { AlertRuleContent } from '../../store/records.ts';
import type { QuietHours } from '../../domain/alerts/quiet-hours.ts';
import type { RuleScope } from '../../domain/alerts/rule-scope.ts';
import { alertKinds, findForeignConditions } from '../../domain/alerts/alert-kinds.ts';
import { isKeyOf } from '../../domain/primitives/typed-record.ts';
import { isTimeZone } from '../../domain/primitives/time-zone.ts';
import { runFailures } from '../../domain/runs/run-failures.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A rule as a member writes it. */
export interface AlertRuleDraft {
  name: string;
  kind: AlertKind;
  isEnabled: boolean;
  /** Undefined: that of its kind. */
  severity: AlertSeverity | undefined;
  scope: RuleScope;
  conditions: AlertConditions;
  channelIds: readonly string[];
  reminderSeconds: number | null;
  quietHours: QuietHours | null;
}

/**
 * Checks a rule and completes it.
 * @throws ServiceError invalid_alert_rule
 */
export function checkRule(draft: AlertRuleDraft, now: Date): AlertRuleContent {
  const { kind, scope, conditions, quietHours } = draft;
  const meaning = alertKinds[kind];
  for (const name of findForeignConditions(kind, conditions))
    throw invalidRule(`conditions.${toFieldName(name)}`, `is not a condition of the kind ${kind}`);
  const isNarrowed = Object.values(scope).some((list: readonly string[]) => list.length > 0);
  const hasScope = meaning.subject !== 'organization' && meaning.subject !== 'installation';
  if (isNarrowed && !hasScope)
    throw invalidRule('scope', `must be empty: rules of the kind ${kind} are about all jobs`);
  for (const code of conditions.failureCodes ?? [])
    if (!isKeyOf(runFailures, code))
      throw invalidRule('conditions.failure_codes', `${code} is not a failure code`);
  if (quietHours && !isTimeZone(quietHours.timeZone))
    throw invalidRule(
      'quiet_hours.time_zone',
      `${quietHours.timeZone} is not a time zone such as Europe/Berlin`,
    );
  return {
    ...draft,
    channelIds: [...new Set(draft.channelIds)],
    severity: draft.severity ?? meaning.severity,
    // A momentary incident is over when it is reported.
    reminderSeconds: meaning.isMomentary ? null : draft.reminderSeconds,
    checkAt: meaning.everySeconds === null ? null : now,
  };
}

/** The error about one field of a rule. */
export function invalidRule(key: string, message: string): ServiceError {
  return new ServiceError('invalid_alert_rule', `The alert rule is not valid: ${key} ${message}.`, [
    { key, message },
  ]);
}

function toFieldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
