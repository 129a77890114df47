import { describe, expect, it } from 'vitest';
import { listAttributesWithoutEffect } from './attributes-without-effect.ts';

const definition = {
  engine_version: 2,
  job_ref: 'jobs.shop',
  entry_point: { module: 'shop', function: null, job_type: 'batch', launcher: 'module' },
  triggers: [],
  execute: {},
};
const attributesOf = (changes: object) =>
  listAttributesWithoutEffect({ ...definition, ...changes }).map(({ attribute, value }) => [
    attribute,
    value,
  ]);

describe('attributes without an effect', () => {
  it('are empty if a job declares only attributes the server supports', () => {
    expect(
      attributesOf({
        execute: { timeout: { timeout: 60, grace_period: 5 }, concurrency: null, intercept_signals: false },
        expose: { display_name: 'Shop', tags: ['a'], starred: true, manual: false, category: 'pipeline' },
        require: { instance: { size: 'large' }, profile: 'eu', timezone: 'Europe/Oslo' },
        interval: { start: '2026-01-01' },
        deliver: { pipeline_name: 'shop' },
        inputs: { properties: {} },
      }),
    ).toEqual([]);
  });

  it('include placement of runs, and further keys of an instance', () => {
    const require = {
      provider: 'modal',
      region: 'eu-west',
      static_egress_ips: true,
      instance: { size: 'small', gpu: 1 },
    };
    expect(attributesOf({ require })).toEqual([
      ['require.provider', '"modal"'],
      ['require.region', '"eu-west"'],
      ['require.static_egress_ips', 'true'],
      ['require.instance.gpu', '1'],
    ]);
  });

  it("exclude values that match the server's behaviour anyway", () => {
    const require = { provider: 'local', static_egress_ips: false };
    expect(attributesOf({ require, interval: { start: '2026-01-01', mode: 'sequential' } })).toEqual([]);
    expect(attributesOf({ interval: { start: '2026-01-01', mode: 'parallel' } })).toEqual([
      ['interval.mode', '"parallel"'],
    ]);
  });

  it('name what replaces a former attribute', () => {
    expect(listAttributesWithoutEffect({ ...definition, require: { machine: 'large' } })).toEqual([
      {
        attribute: 'require.machine',
        value: '"large"',
        reason: 'Write require={"instance": {"size": ...}} instead',
      },
    ]);
  });

  it('include unknown attributes at any depth', () => {
    expect(
      attributesOf({
        retries: 3,
        execute: { timeout: { warn_after: 5 }, nice: 10 },
        expose: { icon: 'cart' },
      }),
    ).toEqual([
      ['retries', '3'],
      ['execute.nice', '10'],
      ['execute.timeout.warn_after', '5'],
      ['expose.icon', '"cart"'],
    ]);
  });
});
