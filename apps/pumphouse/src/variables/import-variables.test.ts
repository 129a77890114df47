import { describe, expect, it } from 'vitest';
import { checkNames } from './delete-variables.ts';
import { parseFile, planImport } from './import-variables.ts';
import { isSecretName } from './stored-variables.ts';

describe('a .env file', () => {
  it('has quotes, comments, and values on several lines', () => {
    const text = '# comment\nA=1\nexport B="two\nlines" # comment\nC=\'a b\'\n\nEMPTY=\n';
    expect([...parseFile('x.env', text)]).toEqual([
      ['A', '1'],
      ['B', 'two\nlines'],
      ['C', 'a b'],
      ['EMPTY', ''],
    ]);
  });

  it('without variables is refused', () => {
    expect(() => parseFile('x.env', '# nothing\n')).toThrow(
      expect.objectContaining({ code: 'invalid_env_file' }),
    );
  });

  it('with reserved names is refused with a reason for each', () => {
    const lines: unknown = [expect.stringMatching(/^LD_PRELOAD /), expect.stringMatching(/^PATH /)];
    expect(() => parseFile('x.env', 'PATH=/bin\nOK=1\nLD_PRELOAD=x\n')).toThrow(
      expect.objectContaining({ code: 'reserved_variable_name', exitCode: 5, lines }),
    );
  });
});

describe('the plan of an import', () => {
  const values = new Map([
    ['NEW', '1'],
    ['SAME', '2'],
    ['OTHER', '3'],
    ['TOKEN', '4'],
  ]);
  const stored = new Map([
    ['SAME', { type: 'plain', value: '2' }],
    ['OTHER', { type: 'plain', value: 'x' }],
    ['TOKEN', { type: 'secret', value: null }],
  ] as const);

  it('compares with what is stored, and leaves secrets secret', () => {
    expect(planImport(values, stored, { isSecret: false })).toEqual([
      { name: 'NEW', type: 'plain', change: 'added' },
      { name: 'SAME', type: 'plain', change: 'unchanged' },
      { name: 'OTHER', type: 'plain', change: 'changed' },
      { name: 'TOKEN', type: 'secret', change: 'replaced' },
    ]);
  });

  it('replaces all as secrets', () => {
    const plan = planImport(values, stored, { isSecret: true });
    expect(plan.map(({ type, change }) => `${type} ${change}`)).toEqual([
      'secret added',
      'secret replaced',
      'secret replaced',
      'secret replaced',
    ]);
  });
});

describe('names of variables to delete', () => {
  const variables = [
    { name: 'A', profile: null },
    { name: 'REGION', profile: 'prod' },
  ];

  it('exist in the scope', () => {
    expect(() => checkNames(variables, ['A'], undefined)).not.toThrow();
    expect(() => checkNames(variables, ['REGION'], 'prod')).not.toThrow();
  });

  it.each([
    ['A', 'prod', 'It is one of all runs: leave out --profile.'],
    ['REGION', undefined, 'It is one of profile prod: add --profile prod.'],
    ['REGOIN', 'prod', 'Did you mean REGION? Nothing was deleted.'],
    ['ZZZZZZZZ', 'prod', 'pumphouse variable list shows the variables.'],
  ])('do not: %s of %s', (name, profile, nextStep) => {
    expect(() => checkNames(variables, [name], profile)).toThrow(
      expect.objectContaining({ code: 'variable_not_found', nextStep }),
    );
  });
});

it.each([
  ['API_TOKEN', true],
  ['DB_PASSWORD', true],
  ['DESTINATION__POSTGRES__CREDENTIALS', true],
  ['APIKEY', true],
  ['SHOP__REGION', false],
  ['TOKENIZER', false],
])('%s looks like a secret: %s', (name, isSecret) => {
  expect(isSecretName(name)).toBe(isSecret);
});
