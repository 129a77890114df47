import { describe, expect, it } from 'vitest';
import { buildDefinition } from './test-definition.ts';
import { listDeployWarnings, listFormerNames } from './deploy-warnings.ts';

const inRegion = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    ...buildDefinition(),
    job_ref: `jobs.job_${at}`,
    require: { region: 'eu-west' },
  }));

describe('the warnings of a deploy', () => {
  it('are empty if each attribute has an effect', () => {
    expect(listDeployWarnings([buildDefinition()])).toEqual([]);
  });

  it('list an attribute once, with its value, the reason and the jobs', () => {
    expect(listDeployWarnings(inRegion(2))).toEqual([
      'require.region = "eu-west" has no effect on this server: All runs use the executor of this server, wherever that is (jobs.job_0, jobs.job_1).',
    ]);
    expect(listDeployWarnings(inRegion(5))[0]).toContain('(jobs.job_0, jobs.job_1, jobs.job_2 and 2 more).');
  });

  it('name what replaces the machine that an older client declares', () => {
    const old = { engine_version: 1, job_ref: 'jobs.shop', require: { machine: 'large' } };
    expect(listFormerNames([old, { ...old, engine_version: 2 }, { ...old, require: {} }])).toEqual([
      'require.machine = "large" is a former name of require={"instance": {"size": ...}} (jobs.shop).',
    ]);
  });
});
