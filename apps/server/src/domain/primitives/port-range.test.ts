import { describe, expect, it } from 'vitest';
import { isInRange, parsePortRange, PortRangeSyntaxError } from './port-range.ts';

describe('a port range', () => {
  it('includes its first and last port', () => {
    const range = parsePortRange('9100-9199');
    expect(range).toEqual({ first: 9100, last: 9199 });
    expect([9099, 9100, 9199, 9200].map((port) => isInRange(range, port))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(parsePortRange('9100-9100')).toEqual({ first: 9100, last: 9100 });
    expect(parsePortRange('9000-9999')).toEqual({ first: 9000, last: 9999 });
  });

  it.each([
    ['9100', 'is not a range of ports such as 9100-9199'],
    ['9199-9100', 'is not a range of ports'],
    ['9100-', 'is not a range of ports'],
    ['9100:9199', 'is not a range of ports'],
    ['9100-9199,9300', 'is not a range of ports'],
    ['1000-1100', 'has ports outside of 1024 to 65535'],
    ['65000-65536', 'has ports outside of 1024 to 65535'],
    ['9000-10000', 'has more than 1000 ports'],
    ['5000-5100', 'has port 5060 in it, at which browsers open no page'],
    ['10080-10080', 'has port 10080 in it'],
  ])('%s %s', (text, problem) => {
    const parse = () => parsePortRange(text);
    expect(parse).toThrow(PortRangeSyntaxError);
    expect(parse).toThrow(`"${text}" ${problem}`);
  });
});
