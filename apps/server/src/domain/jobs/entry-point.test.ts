import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { buildEntryPoint, knowsIncrementalMode } from './entry-point.ts';
import type { JobDefinition } from './job-definition.ts';
import { buildDefinition } from './test-definition.ts';

interface EntryPointCase {
  case: string;
  job: JobDefinition;
  config: Record<string, unknown>;
  profile: string | null;
  refresh: boolean;
  interval: [string, string] | [null, null];
  dlt_version: string;
  out: Record<string, unknown>;
}

describe('runtime_entry_point vectors of dlt', () => {
  it.each(readVectors<EntryPointCase>('runtime_entry_point'))('$case', (vector) => {
    const [start, end] = vector.interval;
    const entryPoint = buildEntryPoint({
      definition: vector.job,
      config: vector.config,
      profile: vector.profile,
      refresh: vector.refresh,
      interval: start === null ? null : { start: new Date(start), end: new Date(end) },
      dltVersion: vector.dlt_version,
    });
    expect(JSON.stringify(entryPoint)).toBe(JSON.stringify(vector.out));
  });
});

describe('buildEntryPoint', () => {
  const base = { interval: null, profile: 'prod', refresh: false, dltVersion: null };

  it('sends the zone without an interval if it is not UTC', () => {
    const definition = buildDefinition({ require: { timezone: 'Europe/Berlin' } });
    expect(buildEntryPoint({ ...base, definition })).toMatchObject({ interval_timezone: 'Europe/Berlin' });
  });

  it('sends an interactive job its declared port, otherwise the default', () => {
    const sent = (triggers: string[]) =>
      buildEntryPoint({ ...base, definition: buildDefinition({ jobType: 'interactive', triggers }) })
        .run_args;
    expect(sent(['http:7777/board'])).toEqual({ port: 7777 });
    expect(sent(['http:'])).toEqual({ port: 5000 });
  });

  it('sends port and base path to an interactive job, inputs to an agent', () => {
    const app = buildDefinition({ jobType: 'interactive' });
    expect(
      buildEntryPoint({ ...base, definition: app, runArguments: { port: 8123, base_path: '/app' } }).run_args,
    ).toEqual({ port: 8123, base_path: '/app' });
    expect(
      buildEntryPoint({ ...base, definition: buildDefinition(), runArguments: { inputs: { a: 1 } } })
        .run_args,
    ).toEqual({ inputs: { a: 1 } });
  });

  it('formats milliseconds as Python does', () => {
    const at = new Date('2026-11-24T05:59:59.250Z');
    expect(
      buildEntryPoint({ ...base, definition: buildDefinition(), interval: { start: at, end: at } })
        .interval_end,
    ).toBe('2026-11-24T05:59:59.250000+00:00');
  });

  it('treats an unknown dlt version as a current one', () => {
    const definition = buildDefinition({ incremental_mode: 'pipeline' });
    expect(buildEntryPoint({ ...base, definition })).toMatchObject({ incremental_mode: 'pipeline' });
    expect(buildEntryPoint({ ...base, definition, dltVersion: '1.29.0' })).toMatchObject({
      allow_external_schedulers: false,
    });
  });
});

describe('knowsIncrementalMode', () => {
  it.each([
    ['1.30.0', false],
    ['1.30', false],
    ['1.30.0.post1', false],
    ['1.30.1.dev3', false],
    ['1.30.1a0.dev1', false],
    ['1.30.1a0', true],
    ['1.30.1rc1', true],
    ['1.30.1', true],
    ['1.30.1+local.1', true],
    ['1.31.0', true],
    ['2.0.0', true],
    ['0.5.4', false],
  ])('%s: %s', (version, expected) => {
    expect(knowsIncrementalMode(version)).toBe(expected);
  });
});
