import type { JobOverviewResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { listEntries, type PaletteSources } from './palette-entries.ts';

const job = (name: string, rest: Partial<JobOverviewResponse> = {}) =>
  ({
    id: name,
    ref: `jobs.${name}`,
    name: `jobs.${name}`,
    job_type: 'batch',
    profile: 'prod',
    tags: [],
    triggers: ['schedule:0 4 * * *', 'manual:'],
    is_archived: false,
    is_paused: false,
    last_run: null,
    last_failed_run: null,
    ...rest,
  }) as unknown as JobOverviewResponse;

const list = (jobs: JobOverviewResponse[], rest: Partial<PaletteSources> = {}) =>
  listEntries({
    workspaceId: 'w',
    organization: { id: 'o', name: 'Acme' },
    role: 'developer',
    jobs,
    pipelineNames: [],
    datasetNames: [],
    people: [],
    ownsInstallation: false,
    whyNot: () => null,
    ...rest,
  });

/** The actions on jobs. */
const actionsOf = (jobs: JobOverviewResponse[], rest: Partial<PaletteSources> = {}) =>
  list(jobs, rest).filter(
    ({ group, does }) => group === 'Actions' && ('jobId' in does || does.kind === 'go'),
  );
const textsOf = (jobs: JobOverviewResponse[]) => actionsOf(jobs).map(({ text }) => text);

describe('actions on jobs in the palette', () => {
  it('are those that the page of the job offers', () => {
    expect(textsOf([job('shop')])).toEqual(['Run shop', 'Pause shop']);
    expect(textsOf([job('shop', { is_paused: true })])).toEqual(['Run shop', 'Resume shop']);
    expect(textsOf([job('old', { is_archived: true })])).toEqual([]);
  });

  it('include no pause of a job without a schedule', () => {
    expect(textsOf([job('report', { triggers: ['job.success:jobs.shop', 'manual:'] })])).toEqual([
      'Run report',
    ]);
    expect(textsOf([job('once', { triggers: ['once:2026-12-24', 'manual:'] })])).toContain('Pause once');
  });

  it('start by the manual trigger, and as a viewer with the profile of viewers', () => {
    const [start] = actionsOf([job('shop')]);
    expect(start?.does).toEqual({ kind: 'start', jobId: 'shop', trigger: 'manual:', profile: null });
    const [ofViewer] = actionsOf([job('shop')], { role: 'viewer' });
    expect(ofViewer?.does).toMatchObject({ trigger: 'manual:', profile: 'access' });
  });

  it('tell why they are unavailable', () => {
    const [start] = actionsOf([job('shop')], { whyNot: () => 'Requires the role developer.' });
    expect(start?.whyNot).toBe('Requires the role developer.');
    const [fixed] = actionsOf([job('fixed', { triggers: ['schedule:0 4 * * *'] })]);
    expect(fixed?.whyNot).toContain('manual=False');
  });

  it('open the failure of a failed job', () => {
    const failed_run = { id: 'r', status: 'failed', reason: { summary: 'no such column' } };
    const failed = job('charges', { last_failed_run: failed_run as JobOverviewResponse['last_run'] });
    const failure = actionsOf([failed]).find(({ text }) => text === 'Open last failure of charges');
    expect(failure?.aside).toBe('no such column');
  });
});

it('the palette has pages, data, people and settings', () => {
  const entries = list([job('shop')], {
    pipelineNames: ['shop'],
    datasetNames: ['shop_data'],
    people: [{ id: 'm', email: 'ada@example.com' }],
  });
  const count = (group: string) => entries.filter((entry) => entry.group === group).length;
  expect(count('Pages')).toBeGreaterThan(5);
  expect(entries.filter(({ group }) => group === 'People').map(({ text }) => text)).toEqual([
    'ada@example.com',
  ]);
  const settings = entries.filter(({ group }) => group === 'Settings');
  expect(settings.map(({ text, aside }) => `${text}, ${aside}`)).toEqual(
    expect.arrayContaining([
      'Members, workspace',
      'Members, organization Acme',
      'Keys and sessions, account',
    ]),
  );
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
});

it('lists the page System only for owners of the installation', () => {
  const settingsOf = (ownsInstallation: boolean) =>
    list([], { ownsInstallation }).map(({ text, aside }) => `${text}, ${aside}`);
  expect(settingsOf(true)).toContain('System, installation');
  expect(settingsOf(false)).not.toContain('System, installation');
});
