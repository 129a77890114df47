import { describe, expect, it } from 'vitest';
import { buildDefinition } from './test-definition.ts';
import { listDeployWarnings } from './deploy-warnings.ts';

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
});
