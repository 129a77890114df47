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
  it('begins with the pages', () => {
    expect(words('', [job('shop_orders')])).toContain('Runs');
    expect(words('', [job('shop_orders')])).not.toContain('shop_orders');
  });

  it('finds by parts, and puts first what begins so', () => {
    expect(words('shop', [job('shop_orders')])).toEqual([
      'shop_orders',
      'shop',
      'Run shop_orders',
      'Pause shop_orders',
    ]);
    expect(words('ord run', [job('shop_orders')])).toEqual(['Run shop_orders']);
  });

  it('shows with > only what does something', () => {
    expect(words('>shop', [job('shop_orders', { is_paused: true })])).toEqual([
      'Run shop_orders',
      'Resume shop_orders',
    ]);
    expect(words('>', [])).toEqual(['Copy a link to this page']);
  });

  it('offers nothing to do with an archived job, and the failure of a failed one', () => {
    expect(words('> ', [job('old', { is_archived: true })])).toEqual(['Copy a link to this page']);
    const failed = job('charges', {
      last_run: { id: 'r', status: 'failed', reason: null } as JobOverviewResponse['last_run'],
    });
    expect(words('failure', [failed])).toEqual(['Open the last failure of charges']);
  });

  it('says why something may not be done', () => {
    const entries = list([job('shop')], () => 'Takes the role developer.');
    expect(entries.find((entry) => entry.id === 'start shop')?.whyNot).toBe('Takes the role developer.');
  });
});
