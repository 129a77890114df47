import { expect, it } from 'vitest';
import { formatHostPort, parseHostPort } from './host-port.ts';

it.each([
  ['10.0.0.5', { host: '10.0.0.5', port: null }],
  ['10.0.0.5:8080', { host: '10.0.0.5', port: 8080 }],
  ['server-1.internal:9000', { host: 'server-1.internal', port: 9000 }],
  ['fd00::5', { host: 'fd00::5', port: null }],
  ['[fd00::5]:8080', { host: 'fd00::5', port: 8080 }],
  ['[fd00::5]', { host: 'fd00::5', port: null }],
  ['http://10.0.0.5', null],
  ['10.0.0.5:0', null],
  ['10.0.0.5:70000', null],
  ['[10.0.0.5]:80', null],
  ['a b', null],
  ['', null],
])('reads %s', (text, expected) => {
  expect(parseHostPort(text)).toEqual(expected);
});

it('formats what it reads', () => {
  for (const text of ['10.0.0.5:8080', '[fd00::5]:8080']) {
    const read = parseHostPort(text);
    expect(read && formatHostPort({ host: read.host, port: read.port ?? 0 })).toBe(text);
  }
});
