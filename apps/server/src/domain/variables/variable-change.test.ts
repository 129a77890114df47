import { describe, expect, it } from 'vitest';
import type { VariableChange, VariableUpsert } from './variable-change.ts';
import { findChangeProblem, findLimitProblem, variableLimits } from './variable-change.ts';

const plain = (name: string, value = 'v'): VariableUpsert => ({ name, type: 'plain', value });
const secret = (name: string, value: string): VariableUpsert => ({ name, type: 'secret', value });

function check(change: Partial<VariableChange>) {
  return findChangeProblem({ profile: null, deletes: [], upserts: [], ...change });
}

describe('findChangeProblem', () => {
  it.each<[string, Partial<VariableChange>]>([
    ['nothing', {}],
    ['an empty plain value', { upserts: [plain('A', '')] }],
    ['a secret', { profile: 'prod', upserts: [secret('A', 'x')] }],
    ['names that differ in case', { upserts: [plain('token'), plain('TOKEN'), plain('path'), plain('_1')] }],
    [
      'a name that only looks reserved',
      { upserts: [plain('MYPATH'), plain('RUNTIME__LOG_LEVEL'), plain('LANG')] },
    ],
    ['the deletion of an invalid name', { deletes: ['PATH', 'no-name', ''] }],
    ['a value of several lines', { upserts: [secret('A', 'line\nline')] }],
    ['the longest value', { upserts: [plain('A', 'é'.repeat(variableLimits.bytesPerValue / 2))] }],
  ])('accepts %s', (_, change) => {
    expect(check(change)).toBeNull();
  });

  it('reports every reserved name, and nothing else', () => {
    const names = [
      'PATH',
      'GOOD',
      'SEND__ARTIFACTS__BUCKET_URL',
      'RUNTIME__DLTHUB_DSN',
      'PUMPHOUSE_X',
      'PATH',
    ];
    const reserved = ['PATH', 'SEND__ARTIFACTS__BUCKET_URL', 'RUNTIME__DLTHUB_DSN', 'PUMPHOUSE_X'];
    const problem = check({ upserts: names.map((name) => plain(name)) });
    expect(problem?.code).toBe('reserved_variable_name');
    expect(problem?.extra).toEqual(
      reserved.map((key) => ({
        key,
        message: 'is reserved: Pumphouse sets it in every run. Choose another name',
      })),
    );
    expect(problem?.detail).toBe(problem?.extra.map(({ key, message }) => `${key} ${message}.`).join(' '));
  });

  it('keeps the detail short, however many names are reserved', () => {
    const problem = check({ upserts: Array.from({ length: 400 }, (_, index) => plain(`LD_${index}`)) });
    expect(problem?.extra).toHaveLength(400);
    expect(problem?.detail.length).toBeLessThan(1100);
    expect(problem?.detail).toMatch(/ \d+ more names are reserved\.$/);
  });

  it.each<[string, Partial<VariableChange>, string[]]>([
    ['a name with a digit first', { upserts: [plain('1A')] }, ['upserts.0.name']],
    ['a name with =', { upserts: [plain('A'), plain('B=C')] }, ['upserts.1.name']],
    ['an empty name', { upserts: [plain('')] }, ['upserts.0.name']],
    ['a name with a line break at its end', { upserts: [plain('A\n')] }, ['upserts.0.name']],
    ['a name that is too long', { upserts: [plain('A'.repeat(201))] }, ['upserts.0.name']],
    ['an empty secret', { upserts: [secret('A', '')] }, ['upserts.0.value']],
    ['half a character', { upserts: [plain('A', '\ud800')] }, ['upserts.0.value']],
    [
      'a value that is too long in bytes',
      { upserts: [plain('A', 'é'.repeat(variableLimits.bytesPerValue / 2 + 1))] },
      ['upserts.0.value'],
    ],
    [
      'all mistakes at once',
      { upserts: [secret('-', ''), plain('+')] },
      ['upserts.0.name', 'upserts.0.value', 'upserts.1.name'],
    ],
    ['a name that is set twice', { upserts: [plain('A'), secret('A', 'x')] }, ['A']],
    ['a name that is set and deleted', { deletes: ['A'], upserts: [plain('A')] }, ['A']],
    ['a name that is deleted twice', { deletes: ['A', 'A', 'A'] }, ['A']],
  ])('rejects %s', (_, change, keys) => {
    const problem = check(change);
    expect(problem?.code).toBe('invalid_request');
    expect(problem?.extra.map(({ key }) => key)).toEqual(keys);
  });

  it('rejects more upserts than a scope can hold, before checking them', () => {
    const upserts = Array.from({ length: variableLimits.variablesPerScope + 1 }, () => plain('PATH'));
    expect(check({ upserts })?.code).toBe('variable_limit_exceeded');
  });

  it.each(['dev', 'tests', '', 'a/b'])('rejects the profile %j', (profile) => {
    expect(check({ profile })).toMatchObject({ code: 'invalid_profile', extra: [{ key: 'profile' }] });
  });

  it('reports the maximum length of a value, and never the value', () => {
    const value = 'swordfish'.repeat(10_000);
    const problem = check({ upserts: [secret('A', value)] });
    expect(problem?.detail).toContain('90000 bytes');
    expect(problem?.detail).toContain(String(variableLimits.bytesPerValue));
    expect(JSON.stringify(problem)).not.toContain('swordfish');
  });
});

describe('findLimitProblem', () => {
  const full = {
    workspaceCount: variableLimits.variablesPerWorkspace,
    scopeCount: variableLimits.variablesPerScope,
    scopeBytes: variableLimits.bytesPerScope,
  };

  it('allows a scope and a workspace to be full', () => {
    expect(findLimitProblem(full)).toBeNull();
  });

  it.each(['workspaceCount', 'scopeCount', 'scopeBytes'] as const)(
    'reports the exceeded limit: %s',
    (key) => {
      const over = { ...full, [key]: full[key] + 1 };
      const problem = findLimitProblem(over);
      expect(problem?.code).toBe('variable_limit_exceeded');
      expect(problem?.detail).toContain(String(full[key] + 1));
      expect(problem?.detail).toContain(String(full[key]));
    },
  );
});
