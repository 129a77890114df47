import { describe, expect, it } from 'vitest';
import { alertRuleRequest, type AlertRuleResponse } from '@pumphouse/contract';
import { emptyRule, ruleKinds, toRuleRequest, toRuleValues } from './rule-values.ts';

const stored: AlertRuleResponse = {
  id: '00000000-0000-4000-8000-000000000000',
  name: 'Late loads',
  kind: 'late',
  is_enabled: true,
  severity: 'warning',
  scope: { job_ids: [], job_patterns: ['jobs.sales.*'], tags: ['nightly'], pipeline_names: [] },
  conditions: { after_seconds: 600 },
  channel_ids: ['00000000-0000-4000-8000-000000000001'],
  reminder_seconds: 86_400,
  quiet_hours: {
    weekdays: [6, 7],
    from: '22:00',
    to: '07:00',
    time_zone: 'Europe/Berlin',
    holds_critical: true,
  },
  is_muted: false,
  muted_until: null,
  open_incident_count: 0,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
};

describe('the values of the rule editor', () => {
  it('become the same rule again', () => {
    const {
      name,
      kind,
      is_enabled,
      severity,
      scope,
      conditions,
      channel_ids,
      reminder_seconds,
      quiet_hours,
    } = stored;
    expect(toRuleRequest(toRuleValues(stored, 'UTC'), stored)).toEqual({
      name,
      kind,
      is_enabled,
      severity,
      scope,
      conditions,
      channel_ids,
      reminder_seconds,
      quiet_hours,
    });
  });

  it('keep conditions that the editor does not show, unless the kind changes', () => {
    const failing = {
      ...stored,
      kind: 'run_failed',
      conditions: { failure_codes: ['timed_out'], failures_in_row: 2 },
    };
    const values = toRuleValues(failing, 'UTC');
    expect(toRuleRequest(values, failing).conditions).toEqual({
      failure_codes: ['timed_out'],
      failures_in_row: 2,
    });
    expect(toRuleRequest({ ...values, kind: 'recovered' }, failing).conditions).toEqual({});
  });

  it.each(ruleKinds.map(({ value }) => value))('are a valid rule of the kind %s', (kind) => {
    const request = toRuleRequest({ ...emptyRule('UTC'), name: 'Any', kind, tags: 'a, b\nc' }, null);
    expect(alertRuleRequest.safeParse(request).success).toBe(true);
  });
});
