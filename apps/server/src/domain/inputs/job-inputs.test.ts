import { describe, expect, it } from 'vitest';
import { buildDefinition } from '../jobs/test-definition.ts';
import { describeJobInputs, findInputProblems, toInputSchema } from './job-inputs.ts';
import { readSignature } from './read-signature.ts';

const launcher = 'dlt._workspace.deployment.launchers.job';
const module = `
from __future__ import annotations
import datetime as dt
from typing import Annotated, Literal, Optional as Maybe, Union
import dlt
from dlt import secrets
from dlt.hub import run
if True:
    from datetime import date

Mode = Literal["full", "new", 3]

@run.job(trigger="0 6 * * *")
`;

function read(parameters: string, more: { doc?: string; config_keys?: string[]; source?: string } = {}) {
  const source =
    more.source ?? `${module}async def load(${parameters}) -> None:\n    """${more.doc ?? 'Load.'}"""\n`;
  const signature = readSignature(source, 'load');
  const entry_point = { module: 'shop', function: 'load', job_type: 'batch', launcher } as const;
  const job = buildDefinition({ entry_point, config_keys: more.config_keys ?? [] });
  return describeJobInputs(job, signature);
}
const problemsOf = (parameters: string, input: unknown) =>
  findInputProblems(read(parameters), input).map(({ code, name }) => `${code} ${name}`);

describe('the inputs of a function', () => {
  it.each<[string, string, unknown[], unknown[]]>([
    ['str', 'x: str', ['a', 3], [true, null, []]],
    ['int', 'x: int', [3, '3', ' -1_000 '], [3.5, '3.5', 'a', true, null, 1e21]],
    ['float', 'x: float', [3, 3.5, '1e5', '.5', 'inf'], ['a', true, null]],
    ['bool', 'x: bool', [true, 'false'], ['yes', 1, null]],
    ['date', 'x: dt.date', ['2026-11-29', '20261129'], ['2026-02-30', '29.11.2026', 20261129, null]],
    ['an imported date', 'x: date', ['2026-11-29'], ['2026-11-29T06:00']],
    ['datetime', 'x: dt.datetime', ['2026-11-29T06:00:00Z', '2026-11-29', '2026-11-29 06'], ['06:00', 3]],
    ['dict', 'x: dict', [{}], ['{}', []]],
    ['a quoted type', 'x: "dt.date"', ['2026-11-29'], ['a']],
    ['list', 'x: list[int]', [[1, '2'], '[1]', 1], [['a'], '[a', null]],
    ['a bare list', 'x: list', [[1, 'a'], 3], ['[']],
    ['Literal', 'x: Literal["a", 1, None]', ['a', 1, '1', null], ['b', 2, true]],
    ['an alias', 'x: Mode', ['full', '3'], ['other']],
    ['Optional', 'x: Maybe[int]', [1, null, 'null'], ['a']],
    ['a union', 'x: int | None', [1, null], ['a']],
    ['Union', 'x: Union[int, bool]', [1, 'true'], ['a']],
    ['Annotated', 'x: Annotated[int, run.Doc("count")]', [1], ['a']],
    ['the type of a default', 'x=3', [1, '2'], ['a']],
    ['a default of None', 'x: int = None', [1, null], ['a']],
    ['an unknown type', 'x: Elsewhere', [1, 'a', null, {}], []],
    ['a default of Python', 'x=date.today()', [1, 'a', null], []],
  ])('of %s', (_, parameter, fitting, others) => {
    for (const x of fitting) expect.soft(problemsOf(parameter, { x }), JSON.stringify(x)).toEqual([]);
    for (const x of others)
      expect.soft(problemsOf(parameter, { x }), JSON.stringify(x)).toEqual(['wrong_input x']);
  });

  it('must have a name of a parameter', () => {
    expect(problemsOf('a: int = 1, *, b=2', { c: 1 })).toEqual(['unknown_input c']);
    expect(problemsOf('a, /, b=2', { a: 1 })).toEqual(['unknown_input a']);
    expect(problemsOf('*a, run_context=None', { c: 1 })).toEqual([]);
    expect(problemsOf('a=1, run_context=None', { run_context: 1 })).toEqual(['unknown_input run_context']);
    expect(problemsOf('a=1, **more', { c: 1 })).toEqual([]);
    expect(problemsOf('run_context, token=dlt.config.value', { c: 1 })).toEqual([]);
    expect(problemsOf('', undefined)).toEqual([]);
  });

  it('are refused if one is missing that the configuration does not have', () => {
    expect(problemsOf('day: date, at=1', {})).toEqual(['missing_input day']);
    expect(problemsOf('day: date = dlt.config.value', undefined)).toEqual([]);
    expect(findInputProblems(read('day', { config_keys: ['day'] }), undefined)).toEqual([]);
  });

  it('are no secrets', () => {
    for (const one of ['a=secrets.value', 'a: str = dlt.secrets.value', 'a: dlt.TSecretStrValue = None'])
      expect.soft(problemsOf(one, { a: 'x' }), one).toEqual(['secret_input a']);
  });

  it('are an object, unless the function reads its context', () => {
    expect(problemsOf('a=1', [1])).toEqual(['wrong_input ']);
    expect(problemsOf('run_context, a=1', [1])).toEqual([]);
  });

  it.each([
    ['an import', 'from shop import load\n'],
    ['a second decorator', '@run.job\n@other\ndef load(a: int): pass\n'],
    ['two definitions', 'if x:\n  @run.job\n  def load(): pass\nelse:\n  @run.job\n  def load(a): pass\n'],
    ['a nested function', 'def make():\n  @run.job\n  def load(): pass\n'],
    ['a call', 'load = run.job(make())\n'],
    ['no Python', 'load('],
  ])('are unknown after %s', (_, source) => {
    const inputs = read('', { source });
    expect(inputs.isKnown).toBe(false);
    expect(findInputProblems(inputs, { any: 1 })).toEqual([]);
  });

  it('are described by a JSON schema', () => {
    const doc = `Load a day.

    Args:
        day (date): The day to load,
            in UTC.
        mode: What to load: all, or the new rows.

    Returns:
        nothing: nothing
    `;
    const parameters =
      'day: dt.date, mode: Mode = "new", days: list[dt.date] | None = None, token=secrets.value, run_context=None';
    expect(toInputSchema(read(parameters, { doc }))).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        day: { type: 'string', format: 'date', description: 'The day to load, in UTC.' },
        mode: {
          enum: ['full', 'new', 3],
          description: 'What to load: all, or the new rows.',
          default: 'new',
        },
        days: {
          anyOf: [{ type: 'array', items: { type: 'string', format: 'date' } }, { type: 'null' }],
          default: null,
        },
      },
      required: ['day'],
      additionalProperties: false,
    });
  });
});
