import { describe, expect, it } from 'vitest';
import {
  findLastTraceback,
  findTracebackStart,
  readTraceback,
  shortenLibraryPath,
  splitTraceback,
} from './traceback.ts';

const cause = `Traceback (most recent call last):
  File "/opt/environment/lib/python3.12/site-packages/dlt/extract/pipe_iterator.py", line 277, in __next__
    pipe_item = next(gen)
                ^^^^^^^^^
  File "/data/work/9f2c/stripe_payments.py", line 11, in charges
    yield {"id": 120, "amount": parse_amount("12,00 EUR")}
  File "/data/work/9f2c/stripe_payments.py", line 5, in parse_amount
    return int(text)
ValueError: invalid literal for int() with base 10: '12,00 EUR'`;

const whole = `${cause}

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "<frozen runpy>", line 88, in _run_code
  File "/data/work/9f2c/stripe_payments.py", line 14, in <module>
    dlt.pipeline("payments").run(charges())
dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed at \`step=extract\`
with exception:

<class 'ValueError'>`;

const describePart = (part: ReturnType<typeof readTraceback>[number]) => {
  if (part.kind === 'text' || part.kind === 'link') return part.text.split('\n')[0];
  if (part.kind === 'others') return `${part.frames.length} of others`;
  return `${part.frame.file}:${part.frame.line} ${part.frame.name ?? ''} ${part.frame.code.length}`;
};

describe('readTraceback', () => {
  it('returns own frames with their code, and groups library frames', () => {
    expect(readTraceback(whole).map(describePart)).toEqual([
      '1 of others',
      'stripe_payments.py:11 charges 1',
      'stripe_payments.py:5 parse_amount 1',
      "ValueError: invalid literal for int() with base 10: '12,00 EUR'",
      'The above exception was the direct cause of the following exception:',
      '2 of others',
      'stripe_payments.py:14 <module> 1',
      'dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed at `step=extract`',
    ]);
  });

  it('is split after the main exception', () => {
    const [main, rest] = splitTraceback(readTraceback(whole), 'ValueError');
    expect([main.length, rest[0]?.kind, rest.length]).toEqual([4, 'link', 4]);
    const parts = readTraceback(whole);
    expect(splitTraceback(parts, null)).toEqual([parts, []]);
    expect(splitTraceback(parts, 'KeyError')).toEqual([parts, []]);
  });

  it('keeps the lines of a message', () => {
    const texts = readTraceback(whole).flatMap((part) => (part.kind === 'text' ? [part.text] : []));
    expect(texts).toHaveLength(2);
    expect(texts[1]).toBe(
      "dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed at `step=extract`\nwith exception:\n\n<class 'ValueError'>",
    );
  });

  it('treats a package below the run’s folder as library code', () => {
    const [part] = readTraceback('  File "/data/work/9f2c/.venv/lib/site-packages/dlt/x.py", line 1, in f');
    expect(part?.kind).toBe('others');
  });

  it('returns other text unchanged', () => {
    expect(readTraceback('killed')).toEqual([{ kind: 'text', text: 'killed' }]);
    expect(readTraceback('')).toEqual([]);
  });
});

describe('findLastTraceback', () => {
  it('returns the last traceback with its causes', () => {
    const lines = [...cause.split('\n'), 'going on', ...whole.split('\n')];
    expect(findLastTraceback(lines)).toBe(whole);
  });

  it('starts at its first cause', () => {
    const lines = [...cause.split('\n'), 'going on', ...whole.split('\n')];
    expect(findTracebackStart(lines)).toBe(cause.split('\n').length + 1);
  });

  it('returns null without a traceback', () => {
    expect(findLastTraceback(['loading', 'done'])).toBeNull();
    expect(findTracebackStart([])).toBeNull();
  });
});

it.each([
  ['/opt/environment/lib/python3.12/site-packages/dlt/extract/pipe.py', 'dlt/extract/pipe.py'],
  ['/usr/lib/python3.12/json/decoder.py', 'json/decoder.py'],
  ['/usr/lib/python3/dist-packages/yaml/__init__.py', 'yaml/__init__.py'],
  ['<frozen runpy>', '<frozen runpy>'],
  ['lib/prices.py', 'lib/prices.py'],
])('shortens the path of a library file: %s', (file, short) => {
  expect(shortenLibraryPath(file)).toBe(short);
});
