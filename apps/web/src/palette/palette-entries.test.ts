import { describe, expect, it } from 'vitest';
import { findEntries, listEntries } from './palette-entries.ts';
import type { JobOverviewResponse } from '@pumphouse/contract';

const job = (name: string, rest: Partial<JobOverviewResponse> = {}) =>
  ({
    id: name,
    ref: `jobs.${name}`,
    name,
    is_archived: false,
    is_paused: false,
    last_run: null,
    ...rest,
  }) as JobOverviewResponse;

const list = (jobs: JobOverviewResponse[], whyNot: () => string | null = () => null) =>
  listEntries({ workspaceId: 'w', jobs, pipelineNames: ['shop'], whyNot });

const query = (typed: string, jobs: JobOverviewResponse[]) =>
  findEntries(list(jobs), typed).map((entry) => entry.text);

describe('the palette', () => {
  it('starts with the pages', () => {
    expect(query('', [job('shop_orders')])).toContain('Runs');
    expect(query('', [job('shop_orders')])).not.toContain('shop_orders');
  });

  it('finds partial matches, with prefix matches first', () => {
    expect(query('shop', [job('shop_orders')])).toEqual([
      'shop_orders',
      'shop',
      'Run shop_orders',
      'Pause shop_orders',
    ]);
    expect(query('ord run', [job('shop_orders')])).toEqual(['Run shop_orders']);
  });

  it('shows only actions after >', () => {
    expect(query('>shop', [job('shop_orders', { is_paused: true })])).toEqual([
      'Run shop_orders',
      'Resume shop_orders',
    ]);
    expect(query('>', [])).toEqual(['Copy link to this page']);
  });

  it('offers no actions for an archived job, and the failure of a failed job', () => {
    expect(query('> ', [job('old', { is_archived: true })])).toEqual(['Copy link to this page']);
    const failed = job('charges', {
      last_run: { id: 'r', status: 'failed', reason: null } as JobOverviewResponse['last_run'],
    });
    expect(query('failure', [failed])).toEqual(['Open last failure of charges']);
  });

  it('shows why an action is unavailable', () => {
    const entries = list([job('shop')], () => 'Requires the role developer.');
    expect(entries.find((entry) => entry.id === 'start shop')?.whyNot).toBe('Requires the role developer.');
  });
});
