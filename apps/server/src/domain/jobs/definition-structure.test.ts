import { describe, expect, it } from 'vitest';
import { buildDefinition } from './test-definition.ts';
import { findStructureProblem } from './definition-structure.ts';

describe('the structure of a job definition', () => {
  it.each([
    ['a minimal definition', buildDefinition()],
    [
      'unknown keys at every level',
      { ...buildDefinition(), mood: 1, execute: { mood: [] }, expose: { mood: null } },
    ],
    ['another engine version', { ...buildDefinition(), engine_version: 3 }],
    [
      'what a deploy no longer accepts',
      { ...buildDefinition(), triggers: ['schedule:never', 'once'], job_ref: 'a b' },
    ],
    [
      'an unknown job type',
      buildDefinition({ entry_point: { ...entryPoint(), job_type: 'daemon' as 'batch' } }),
    ],
  ])('accepts %s', (_, definition) => {
    expect(findStructureProblem(definition)).toBeNull();
  });

  it.each([
    [null, 'the definition must be an object'],
    [[], 'the definition must be an object'],
    [without('job_ref'), 'job_ref must be a text'],
    [without('entry_point'), 'entry_point must be an object'],
    [
      { ...buildDefinition(), entry_point: { module: 'm', job_type: 'batch' } },
      'entry_point.launcher must be a text',
    ],
    [{ ...buildDefinition(), triggers: 'once' }, 'triggers must be a list of texts'],
    [{ ...buildDefinition(), triggers: [1] }, 'triggers must be a list of texts'],
    [without('execute'), 'execute must be an object'],
    [{ ...buildDefinition(), require: null }, 'require must be an object or absent'],
  ])('of %j has a problem', (definition, problem) => {
    expect(findStructureProblem(definition)).toBe(problem);
  });
});

function entryPoint() {
  return buildDefinition().entry_point;
}

function without(key: string): object {
  return Object.fromEntries(Object.entries(buildDefinition()).filter(([name]) => name !== key));
}
