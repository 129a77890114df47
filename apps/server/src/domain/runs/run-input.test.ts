import type { RuntimeEntryPoint } from '../jobs/entry-point.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { bindsInput, findScriptInputProblem, readRunInput, writeEntryPoint } from './run-input.ts';

const entryPoint: RuntimeEntryPoint = {
  module: 'm',
  function: 'f',
  job_type: 'batch',
  launcher: 'l',
  job_ref: 'jobs.m.f',
  refresh: false,
};

function read(text: string) {
  return readRunInput(Buffer.from(text));
}

describe('readRunInput', () => {
  it('has no input for an empty body', () => {
    expect(read('')).toEqual({ ok: true, input: null });
  });

  it.each(['{"id": 12345678901234567890}', '[1]', '"text"', 'null', '0', ' {"a":"}]\\"["} '])(
    'keeps %j unchanged',
    (text) => {
      expect(read(text)).toEqual({ ok: true, input: text });
    },
  );

  it.each(['{', "{'a': 1}", 'a=1&b=2', '{"a":1}{', ' ', 'NaN', '"\u0001"'])('rejects %j', (text) => {
    const reading = read(text);
    expect(reading.ok ? '' : reading.problem).toMatch(/^The body is not JSON( \(at position \d+\))?\.$/);
  });

  it('rejects a body that is not UTF-8', () => {
    expect(readRunInput(Buffer.from([0x22, 0xff, 0x22]))).toEqual({
      ok: false,
      problem: 'The body is not UTF-8.',
    });
  });

  it('accepts 100 levels of nesting and no more', () => {
    const nest = (levels: number) => '[{"a":'.repeat(levels / 2) + '"[[["' + '}]'.repeat(levels / 2);
    expect(read(nest(100)).ok).toBe(true);
    expect(read(nest(102))).toEqual({ ok: false, problem: 'The body is nested deeper than 100 levels.' });
    expect(read('['.repeat(200_000) + ']'.repeat(200_000)).ok).toBe(false);
  });
});

describe('writeEntryPoint', () => {
  it('is plain JSON for a run without an input', () => {
    expect(JSON.parse(writeEntryPoint(entryPoint, null))).toEqual(entryPoint);
  });

  it('keeps numbers that JavaScript cannot represent', () => {
    expect(writeEntryPoint(entryPoint, '[12345678901234567890]')).toContain('[12345678901234567890]');
  });

  it('adds any input to the existing arguments', () => {
    const runArguments = fc.option(fc.record({ port: fc.integer() }), { nil: undefined });
    fc.assert(
      fc.property(fc.json(), runArguments, (input, given) => {
        const own = given === undefined ? entryPoint : { ...entryPoint, run_args: given };
        const expected = { ...own, run_args: { ...given, input: JSON.parse(input) as unknown } };
        const written = JSON.parse(writeEntryPoint(own, input)) as unknown;
        expect(JSON.stringify(written)).toBe(JSON.stringify(expected));
      }),
      { seed: propertySeed },
    );
  });

  it('gives the members of a bound input to the function, unchanged', () => {
    const written = writeEntryPoint(entryPoint, '{"id": 12345678901234567890}', true);
    expect(written).toContain('"pumphouse_inputs":{"id": 12345678901234567890}');
    expect(bindsInput({ triggeredBy: 'a-member', trigger: 'webhook:in' }, '[1]')).toBe(false);
    expect(bindsInput({ triggeredBy: 'a-member', trigger: 'webhook:in' }, '{}')).toBe(true);
    expect(bindsInput({ triggeredBy: null, trigger: 'schedule:0 6 * * *' }, '{}')).toBe(true);
    expect(bindsInput({ triggeredBy: null, trigger: 'webhook:in' }, '{}')).toBe(false);
    expect(writeEntryPoint(entryPoint, '{"id": 1}')).not.toContain('pumphouse_inputs');
  });
});

describe('findScriptInputProblem', () => {
  it.each([{ day: '2026-11-29', 'dry-run': true, ids: [1, 'a'], none: null }, {}])('accepts %j', (input) => {
    expect(findScriptInputProblem(input)).toBeNull();
  });

  it.each([[1], 'text', { '-x': 1 }, { 'a b': 1 }, { day: {} }, { days: [[1]] }, { day: 'a\0b' }])(
    'refuses %j',
    (input) => expect(findScriptInputProblem(input)).toEqual(expect.any(String)),
  );
});
