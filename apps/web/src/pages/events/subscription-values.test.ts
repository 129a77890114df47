import type { EventSubscriptionResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import {
  describeScope,
  emptySubscription,
  explainSubscriptionState,
  toCreateRequest,
  toUpdateRequest,
  toValues,
} from './subscription-values.ts';

const subscription: EventSubscriptionResponse = {
  id: '5f0c1a52-43f4-4c55-9c55-0a8d3c2c7d10',
  name: 'Warehouse',
  description: null,
  host: 'example.com',
  event_types: ['pumphouse.job_run.*', 'pumphouse.schema.changed'],
  scope: {
    job_ids: ['7c6a1d58-97e6-4b0e-8df1-2f8d1f0a1c22'],
    job_patterns: ['jobs.*'],
    tags: ['a', 'b'],
    pipeline_names: [],
  },
  is_enabled: true,
  disabled_at: null,
  disabled_reason: null,
  paused_until: null,
  last_delivered_at: null,
  previous_secret_expires_at: null,
  created_at: '2026-03-10T12:30:00Z',
  updated_at: '2026-03-10T12:30:00Z',
};

describe('a request', () => {
  it('has an entry for each line, once', () => {
    const values = {
      ...emptySubscription,
      name: 'A',
      url: ' https://x.example.com ',
      event_types: ['pumphouse.schema.*', '*'],
      tags: 'nightly\n\n hourly, nightly',
    };
    expect(toCreateRequest(values)).toEqual({
      name: 'A',
      description: null,
      url: 'https://x.example.com',
      event_types: ['pumphouse.schema.*', '*'],
      scope: { job_ids: [], job_patterns: [], tags: ['nightly', 'hourly'], pipeline_names: [] },
    });
  });

  it('keeps the URL while its field is empty, and everything else that the form shows or not', () => {
    const { name, description, event_types, scope } = subscription;
    const request = toUpdateRequest(toValues(subscription), subscription);
    expect(request).toEqual({ name, description, event_types, scope });
  });
});

it('describes the scope', () => {
  expect(describeScope(subscription)).toBe('Only jobs.*, tag a, tag b, 1 job');
  const scope = { job_ids: [], job_patterns: [], tags: [], pipeline_names: [] };
  expect(describeScope({ ...subscription, scope })).toBeNull();
});

it('explains why nothing is sent', () => {
  expect(explainSubscriptionState(subscription)).toBeNull();
  const explain = (disabled_reason: string) =>
    explainSubscriptionState({ ...subscription, is_enabled: false, disabled_reason });
  expect(explain('gone')).toContain('410');
  expect(explain('failing')).toContain('three days');
  expect(explain('user')).toBe('Events are not recorded for it.');
  const pausedUntil = new Date(Date.now() + 60_000).toISOString();
  expect(explainSubscriptionState({ ...subscription, paused_until: pausedUntil })).toContain('pause');
});
