import { describe, expect, it } from 'vitest';
import { readLastTraceback } from './python-traceback.ts';

/** A linear expression takes milliseconds; one that backtracks over the line would take hours. */
const catastropheMs = 60_000;

const read = (text: string) => readLastTraceback(text.replace(/^\n/, '').replace(/\n$/, '').split('\n'));

const plain = `
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "/work/shop/main.py", line 14, in <module>
    main()
    ~~~~^^
  File "/work/shop/main.py", line 11, in main
    raise PriceError("no price")
shop.prices.PriceError: no price
`;

describe('a traceback', () => {
  it('has its exception, message and frames', () => {
    expect(read(plain)).toEqual([
      {
        type: 'shop.prices.PriceError',
        message: 'no price',
        createdFrom: null,
        frames: [
          { file: '<frozen runpy>', line: 198, function: '_run_module_as_main' },
          { file: '/work/shop/main.py', line: 14, function: '<module>' },
          { file: '/work/shop/main.py', line: 11, function: 'main' },
        ],
      },
    ]);
  });

  it('is absent without one in the text', () => {
    expect(read('')).toEqual([]);
    expect(read('loading\nValueError: said a logger')).toEqual([]);
    expect(read('Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()')).toEqual([]);
    // A printed stack, as from `traceback.print_stack`.
    expect(read('Traceback (most recent call last):\n  File "a.py", line 1, in f\n\nloading')).toEqual([]);
  });

  it('is the last of several', () => {
    const [first] = read(`${plain}${plain.replaceAll('no price', 'no stock')}`);
    expect(first?.message).toBe('no stock');
  });

  it('is the one that ended the process, whatever its message contains', () => {
    const inner = `Traceback (most recent call last):
  File "/lib/dlt/client.py", line 568, in run_managed
    self.run()
DatabaseError: locked`;
    const raised = read(`${plain.trimEnd()}\n${inner}\n. The job has been queued for retry.`);
    expect(raised.map(({ type }) => type)).toEqual(['shop.prices.PriceError']);
    // If none ended the process, for example one logged before `sys.exit(1)`, the last one is used.
    expect(read(`loading\n${inner}`).map(({ type }) => type)).toEqual(['DatabaseError']);
  });

  it('may have a message of many lines, or an empty one', () => {
    expect(
      read(plain.replace('Error: no price', 'Error: no price\n\n  - of "a"\nask again'))[0]?.message,
    ).toBe('no price\n\n  - of "a"\nask again');
    expect(read(plain.replace(': no price', ''))[0]).toMatchObject({
      type: 'shop.prices.PriceError',
      message: '',
    });
  });

  it('skips lines for repeated frames, and carriage returns', () => {
    const repeated = plain.replace('shop.prices', '  [Previous line repeated 970 more times]\nshop.prices');
    expect(read(repeated)[0]?.frames).toHaveLength(3);
    expect(read(plain.replace('no price\n', 'no price\r\n'))[0]?.type).toBe('shop.prices.PriceError');
  });
});

describe('chained exceptions', () => {
  const chained = (connector: string) => `
Traceback (most recent call last):
  File "/work/shop/main.py", line 9, in main
    parse("b")
KeyError: 'b'

${connector}
${plain}`;

  it.each([
    ['The above exception was the direct cause of the following exception:', 'cause'],
    ['During handling of the above exception, another exception occurred:', 'context'],
  ])('are read: %s', (connector, createdFrom) => {
    const raised = read(chained(connector));
    expect(raised.map(({ type }) => type)).toEqual(['shop.prices.PriceError', 'KeyError']);
    expect(raised.map((each) => each.createdFrom)).toEqual([createdFrom, null]);
    expect(raised[1]?.message).toBe("'b'");
  });

  it('are distinguished from earlier tracebacks', () => {
    expect(read(chained('going on'))).toHaveLength(1);
  });
});

it('include the location of a syntax error, which is in no function', () => {
  const [raised] = read(`
Traceback (most recent call last):
  File "/work/shop/main.py", line 3, in <module>
    import shop.broken
  File "/work/shop/shop/broken.py", line 1
    prices = {
             ^
SyntaxError: '{' was never closed
`);
  expect(raised?.frames.at(-1)).toEqual({ file: '/work/shop/shop/broken.py', line: 1, function: null });
  expect(raised?.message).toBe("'{' was never closed");
});

it('include an exception group without its members', () => {
  const raised = read(`
  + Exception Group Traceback (most recent call last):
  |   File "<frozen runpy>", line 88, in _run_code
  |   File "/work/shop/main.py", line 3, in main
  |     raise ExceptionGroup("two tables failed", [ValueError("orders"), TypeError("items")])
  | ExceptionGroup: two tables failed (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/work/shop/main.py", line 1, in load
    | ValueError: orders
    +---------------- 2 ----------------
    | TypeError: items
    +------------------------------------
`);
  expect(raised).toMatchObject([
    { type: 'ExceptionGroup', message: 'two tables failed (2 sub-exceptions)', createdFrom: null },
  ]);
  expect(raised[0]?.frames.at(-1)).toMatchObject({ line: 3, function: 'main' });
});

describe('hostile text', () => {
  const header = 'Traceback (most recent call last):';
  const whileHandled = 'During handling of the above exception, another exception occurred:';
  const repeat = (count: number, lines: string[]) => Array.from({ length: count }, () => lines).flat();
  it.each([
    ['headers', Array<string>(100_000).fill(header)],
    ['frames', [header, ...Array<string>(100_000).fill('  File "a.py", line 1, in f')]],
    [
      'connectors',
      Array<string>(50_000).fill('\nThe above exception was the direct cause of the following exception:'),
    ],
    ['long lines', [header, `  File "${'a'.repeat(1_000_000)}`, `${'a.'.repeat(500_000)}: b`]],
    ['colons', [header, ': '.repeat(500_000)]],
    [
      'margins',
      Array<string>(50_000).fill(`${' '.repeat(1000)}+ Exception Group Traceback (most recent call last):`),
    ],
    ['tracebacks', repeat(30_000, [header, '  File "a.py", line 1, in f', 'E: x', ''])],
    ['chains', repeat(10_000, [header, '  File "a.py", line 1, in f', 'E: x', '', whileHandled, ''])],
  ])('takes bounded time and memory: %s', (_, lines) => {
    const startedAt = performance.now();
    const raised = readLastTraceback(lines);
    expect(performance.now() - startedAt).toBeLessThan(catastropheMs);
    expect(raised.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(raised).length).toBeLessThan(1_000_000);
  });
});

it('reads a traceback that a server logs, whose first line has the level before it', () => {
  const logged = [
    'INFO:     Waiting for application startup.',
    'ERROR:    Traceback (most recent call last):',
    '  File "/opt/environment/lib/python3.12/site-packages/starlette/routing.py", line 693, in lifespan',
    '    async with self.lifespan_context(app) as maybe_state:',
    '  File "/data/work/acme/dashboard.py", line 9, in load',
    '    return int(text)',
    "ValueError: invalid literal for int() with base 10: 'x'",
    '',
    'ERROR:    Application startup failed. Exiting.',
  ];
  expect(readLastTraceback(logged)).toMatchObject([
    {
      type: 'ValueError',
      message: "invalid literal for int() with base 10: 'x'",
      frames: [{ line: 693 }, { file: '/data/work/acme/dashboard.py', line: 9, function: 'load' }],
    },
  ]);
});
