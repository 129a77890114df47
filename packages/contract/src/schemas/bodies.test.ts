import { describe, expect, it } from 'vitest';
import { jobDefinition } from './jobs/job-definition.ts';
import { updateWorkspaceRequest } from './workspaces/workspaces.ts';
import { routesById } from '../routes.ts';

const definition = {
  engine_version: 2,
  entry_point: { module: 'load', function: null, job_type: 'batch', launcher: 'launchers.module', later: 1 },
  execute: {},
  expose: { manual: true, tags: 'nightly', later: { nested: [null] } },
  interval: { start: '2026-01-01T00:00:00Z' },
  job_ref: 'jobs.load',
  triggers: [],
  later: null,
};

describe('a job definition', () => {
  it('passes through unchanged: unknown keys stay and absent keys stay absent', () => {
    expect(jobDefinition.parse(definition)).toStrictEqual(definition);
  });

  it('is accepted by a deploy unchecked, even if it is not a valid definition', () => {
    const jobs = [definition, { anything: { goes: [1, null] } }];
    const request = { job_definition_engine_version: 2, job_definition_hash: 'h', jobs };
    expect(routesById.deploy_workspace.body.parse(request)).toStrictEqual({ ...request, dry_run: false });
  });

  it.each([
    { interval: null },
    { agent: null },
    { engine_version: undefined },
    { expose: { category: 'invented' } },
    { entry_point: { ...definition.entry_point, job_type: 'invented' } },
  ])('is rejected if the dlthub client would fail on it: %j', (change) => {
    expect(jobDefinition.safeParse({ ...definition, ...change }).success).toBe(false);
  });
});

describe('a request', () => {
  it('drops unknown properties and distinguishes null from absent', () => {
    expect(updateWorkspaceRequest.parse({ description: null, invented: 1 })).toStrictEqual({
      description: null,
    });
    expect(updateWorkspaceRequest.parse({})).toStrictEqual({});
  });
});

describe('a response', () => {
  it('keeps properties that a newer server adds', () => {
    const answer = { updated_at: null, invented: 1 };
    expect(routesById.get_workspace_watermark.responses[200].parse(answer)).toStrictEqual(answer);
  });

  it('accepts unknown values of an open enum', () => {
    const line = {
      content: 'text',
      io_stream: 'invented',
      line_num: 0,
      reported_at: '2026-11-17T22:50:31.769721+00:00',
      source: 'user',
      stage: 'run',
    };
    expect(routesById.get_job_run_logs.responses[200].item.parse(line)).toStrictEqual(line);
  });
});
