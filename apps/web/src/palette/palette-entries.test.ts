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

const words = (typed: string, jobs: JobOverviewResponse[]) =>
  findEntries(list(jobs), typed).map((entry) => entry.words);

describe('the palette', () => {
  it('starts with the pages', () => {
    expect(words('', [job('shop_orders')])).toContain('Runs');
    expect(words('', [job('shop_orders')])).not.toContain('shop_orders');
  });

  it('finds partial matches, with prefix matches first', () => {
    expect(words('shop', [job('shop_orders')])).toEqual([
      'shop_orders',
      'shop',
      'Run shop_orders',
      'Pause shop_orders',
    ]);
    expect(words('ord run', [job('shop_orders')])).toEqual(['Run shop_orders']);
  });

  it('shows only actions after >', () => {
    expect(words('>shop', [job('shop_orders', { is_paused: true })])).toEqual([
      'Run shop_orders',
      'Resume shop_orders',
    ]);
    expect(words('>', [])).toEqual(['Copy link to this page']);
  });

  it('offers no actions for an archived job, and the failure of a failed job', () => {
    expect(words('> ', [job('old', { is_archived: true })])).toEqual(['Copy link to this page']);
    const failed = job('charges', {
      last_run: { id: 'r', status: 'failed', reason: null } as JobOverviewResponse['last_run'],
    });
    expect(words('failure', [failed])).toEqual(['Open last failure of charges']);
  });

  it('shows why an action is unavailable', () => {
    const entries = list([job('shop')], () => 'Requires the role developer.');
    expect(entries.find((entry) => entry.id === 'start shop')?.whyNot).toBe('Requires the role developer.');
  });
});
