import { describe, expect, it } from 'vitest';
import { findConflict, findVariable, type Variable } from './variable-conflict.ts';

const variable = (updated_at: string): Variable => ({
  name: 'SHOP__REGION',
  type: 'plain',
  value: 'north',
  created_at: '2026-11-01T00:00:00Z',
  created_by: 'maker',
  updated_at,
  updated_by: 'other',
});
const [then, later] = [variable('2026-11-02T00:00:00Z'), variable('2026-11-03T00:00:00Z')];
const byOther = { by: 'other', at: later.updated_at };

describe('findConflict', () => {
  it.each([
    ['nothing changed', then, then, null],
    ['another user changed the variable', then, later, { kind: 'changed', ...byOther }],
    ['another user deleted the variable', then, undefined, { kind: 'removed' }],
    ['the variable is new', undefined, undefined, null],
    ['another user created the variable first', undefined, later, { kind: 'appeared', ...byOther }],
  ])('detects when %s', (_, opened, now, conflict) => {
    expect(findConflict(opened, now)).toEqual(conflict);
  });
});

it('finds a variable only in its scope', () => {
  const scopes = [
    { profile: null, variables: [then] },
    { profile: 'prod', variables: [later] },
  ];
  expect(findVariable(scopes, 'prod', 'SHOP__REGION')).toBe(later);
  expect(findVariable(scopes, null, 'SHOP__REGION')).toBe(then);
  expect(findVariable(scopes, 'access', 'SHOP__REGION')).toBeUndefined();
  expect(findVariable(scopes, null, 'shop__region')).toBeUndefined();
});
