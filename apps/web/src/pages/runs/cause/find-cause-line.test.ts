import { describe, expect, it } from 'vitest';
import { findCauseLine } from './find-cause-line.ts';

const printed = (text: string, io: 'stdout' | 'stderr' = 'stderr') =>
  text.split('\n').map((content) => ({ content, isError: io === 'stderr' }));
const numbered = (...parts: ReturnType<typeof printed>[]) =>
  parts.flat().map((line, index) => ({ ...line, number: index + 10 }));

const header = 'Traceback (most recent call last):';
const connector = '\nThe above exception was the direct cause of the following exception:\n\n';
const retried = `${header}\n  File "a.py", line 1, in f\nValueError: 1\ntrying again`;
const chain = `${header}\n  File "a.py", line 1, in f\nValueError: 2\n${connector}${header}\n  File "a.py", line 9, in <module>\ndlt.pipeline.exceptions.PipelineStepFailed: extract\nValueError: 2`;

describe('the line of the exception that ended a run', () => {
  it('is the first of the last traceback, not of an earlier one or of what was raised from it', () => {
    const lines = numbered(printed(retried), printed(chain));
    expect(findCauseLine(lines, 'ValueError')).toBe(16);
    expect(findCauseLine(lines, 'dlt.pipeline.exceptions.PipelineStepFailed')).toBe(22);
  });

  it('can be between lines of the other stream', () => {
    const [first, ...others] = printed(chain);
    const lines = numbered(first ? [first] : [], printed('ValueError: no\n50 %', 'stdout'), others);
    expect(findCauseLine(lines, 'ValueError')).toBe(14);
  });

  it('is the last line that names it if the traceback does not', () => {
    const lines = numbered(printed('ValueError: a\nwork\nmodule.ValueError: b\nend', 'stdout'));
    expect(findCauseLine(lines, 'ValueError')).toBe(12);
    expect(findCauseLine(lines, 'KeyError')).toBeNull();
    expect(findCauseLine(lines, null)).toBeNull();
    expect(findCauseLine([], 'ValueError')).toBeNull();
  });
});
