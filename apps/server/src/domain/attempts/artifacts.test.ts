import { describe, expect, it } from 'vitest';
import { decideArtifacts, variablesOfDashboard } from './artifacts.ts';

describe('artifacts', () => {
  const nothingOwn = {
    documents: [{ artifact: {}, send: { other: 1 } }, null, ['artifacts']],
    variableNames: ['SHOP__ARTIFACTS__X'],
  };

  it('are sent by runs and fetched by apps', () => {
    expect(decideArtifacts('batch', nothingOwn)).toEqual({ use: 'send', folder: '.artifacts' });
    expect(decideArtifacts('stream', nothingOwn)).toEqual({ use: 'send', folder: '.artifacts' });
    expect(decideArtifacts('interactive', nothingOwn)).toEqual({ use: 'sync', folder: '.artifacts' });
  });

  it.each([
    ['artifacts of both', { artifacts: { bucket_url: 's3://a' } }, [null, null]],
    ['artifacts that are sent', { send: { artifacts: { bucket_url: 's3://a' } } }, [null, 'sync']],
    ['artifacts that are fetched', { sync: { artifacts: { bucket_url: 's3://a' } } }, ['send', null]],
  ])('are left alone if a file contains %s', (_, document, uses) => {
    const settings = { documents: [{}, document], variableNames: [] };
    const decided = ['batch', 'interactive'].map(
      (jobType) => decideArtifacts(jobType, settings)?.use ?? null,
    );
    expect(decided).toEqual(uses);
  });

  it('are left alone if variables configure them', () => {
    const settings = { documents: [], variableNames: ['ARTIFACTS__BUCKET_URL'] };
    expect(decideArtifacts('batch', settings)).toBeNull();
    expect(decideArtifacts('interactive', settings)).toBeNull();
  });
});

it('are fetched by the dashboard unless a file configures that', () => {
  expect(variablesOfDashboard([{ dashboard: {} }])).toEqual({ DASHBOARD__SYNC_FROM_RUNTIME: 'true' });
  expect(variablesOfDashboard([{}, { dashboard: { sync_from_runtime: false } }])).toEqual({});
});
