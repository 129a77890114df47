import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import {
  InvalidTriggerError,
  isTimedTrigger,
  normalizeTrigger,
  parseTrigger,
  readTriggerKind,
  readTriggerType,
} from './trigger.ts';

type Expected<T> = { out: T } | { error: string; message: string };
interface TriggerCase {
  trigger: string;
  normalize: Expected<string>;
  parse: Expected<{ type: string; expr: unknown; raw: string }>;
}

const cases = readVectors<TriggerCase>('triggers');

describe('trigger vectors of dlt', () => {
  it.each(cases)('normalizes $trigger', ({ trigger, normalize }) => {
    expect(attempt(() => normalizeTrigger(trigger))).toEqual(normalize);
  });

  it.each(cases)('parses $trigger', ({ trigger, parse }) => {
    const expected =
      'out' in parse && parse.out.type === 'once'
        ? { out: { ...parse.out, expr: new Date(String(parse.out.expr)) } }
        : parse;
    expect(attempt(() => parseTrigger(trigger))).toEqual(expected);
  });
});

describe('parseTrigger', () => {
  it('explains an invalid cron in the detail', () => {
    const error = catchError(() => parseTrigger('schedule:60 * * * *'));
    expect(error).toMatchObject({
      message: "Invalid trigger 'schedule:60 * * * *': invalid cron expression",
      detail: 'minute: 60 is out of range 0-59',
    });
  });

  it('rejects a cron that never occurs', () => {
    const error = catchError(() => parseTrigger('schedule:0 0 30 2 *'));
    expect(error).toMatchObject({ detail: 'it never occurs' });
  });

  it.each([
    'http:0',
    'every:',
    'every:-5m',
    'every:59s',
    'once:',
    'once:2026-02-30',
    'manual:',
    'pipeline_name:',
  ])('rejects %s', (trigger) => {
    expect(() => parseTrigger(trigger)).toThrow(InvalidTriggerError);
  });

  it('accepts an empty webhook path and splits at the first colon', () => {
    expect(parseTrigger('webhook:')).toMatchObject({ expr: '' });
    expect(parseTrigger('webhook:a:b')).toMatchObject({ expr: 'a:b' });
  });
});

describe('trigger types', () => {
  it('returns types, kinds and whether a clock fires it', () => {
    expect(readTriggerType('job.success:jobs.a')).toBe('job.success');
    expect(readTriggerType('http')).toBeNull();
    expect(readTriggerType('bogus:x')).toBeNull();
    expect(readTriggerKind('every:5m')).toBe('every');
    expect(readTriggerKind('tag:x')).toBeNull();
    expect(isTimedTrigger('every:5m')).toBe(true);
    expect(isTimedTrigger('once:2027-01-01')).toBe(false);
  });
});

function attempt(run: () => unknown): unknown {
  try {
    return { out: run() };
  } catch (error) {
    if (!(error instanceof InvalidTriggerError)) throw error;
    return { error: error.name, message: error.message };
  }
}

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
