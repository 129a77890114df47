import { describe, expect, it } from 'vitest';
import { answerAt, readLoopbackRedirect } from './sign-in-redirect.ts';

describe('a redirect address of a client', () => {
  it.each([
    'http://127.0.0.1:46667/callback',
    'http://localhost:46667/callback',
    'http://[::1]:46667/callback',
    'http://127.0.0.1:1/callback',
  ])('may be %s', (text) => {
    expect(readLoopbackRedirect(text)).toBe(text);
  });

  it.each([
    ['another host', 'http://example.com:80/callback'],
    ['a host that begins like ours', 'http://127.0.0.1.example.com:4000/callback'],
    ['a host behind a user', 'http://127.0.0.1:4000@example.com:4000/callback'],
    ['a user', 'http://me@127.0.0.1:4000/callback'],
    ['another scheme', 'https://127.0.0.1:4000/callback'],
    ['a scheme of an app', 'app://127.0.0.1:4000/callback'],
    ['script', 'javascript:alert(1)'],
    ['no port', 'http://127.0.0.1/callback'],
    ['the port of the web', 'http://127.0.0.1:80/callback'],
    ['another path', 'http://127.0.0.1:4000/callback/more'],
    ['no path', 'http://127.0.0.1:4000'],
    ['a path that leads elsewhere', 'http://127.0.0.1:4000/callback/../x'],
    ['a query', 'http://127.0.0.1:4000/callback?next=http://example.com'],
    ['a fragment', 'http://127.0.0.1:4000/callback#x'],
    ['an empty fragment', 'http://127.0.0.1:4000/callback#'],
    ['all addresses', 'http://0.0.0.0:4000/callback'],
    ['another machine of the network', 'http://192.168.0.4:4000/callback'],
    ['a port that does not exist', 'http://127.0.0.1:65536/callback'],
    ['no address', 'callback'],
    ['nothing', ''],
  ])('may not be %s', (_, text) => {
    expect(readLoopbackRedirect(text)).toBeNull();
  });

  it('accepts any answer as parameters', () => {
    const url = new URL(answerAt('http://127.0.0.1:4000/callback', { code: 'a+b&c=d', state: 'ä #?' }));
    expect(url.origin + url.pathname).toBe('http://127.0.0.1:4000/callback');
    expect(Object.fromEntries(url.searchParams)).toEqual({ code: 'a+b&c=d', state: 'ä #?' });
  });
});
