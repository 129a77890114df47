import { describe, expect, it } from 'vitest';
import { createSignIn } from './create-sign-in.ts';
import { readOwnPath } from './pending-sign-ins.ts';

const origin = 'https://pumphouse.example.com';

/** A tab that records its requests for sign-in pages. */
function openTab() {
  const kept = new Map<string, string>();
  const states: string[] = [];
  const left: string[] = [];
  const network = { isDown: false };
  const signIn = createSignIn({
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
    origin,
    async requestAddress({ state }) {
      if (network.isDown) throw new TypeError('Failed to fetch');
      states.push(state);
      return `${origin}/sign-in/authorize?request=${states.length}`;
    },
    leaveFor: (address) => left.push(address),
  });
  const answer = (state: string | undefined) =>
    signIn.readAnswer(new URLSearchParams({ code: 'a-code', state: state ?? '' }));
  const expire = () => signIn.readAnswer(new URLSearchParams({ error: 'request_expired' }));
  return { signIn, states, left, network, answer, expire };
}

describe('signing in', () => {
  it('redirects once and returns to the path of the first call, including query and hash', async () => {
    const { signIn, states, left, answer } = openTab();
    await Promise.all([
      signIn.goToSignIn('/w/1/runs/2?tab=log#L10'),
      signIn.goToSignIn('/w/1'),
      signIn.goToSignIn('/'),
    ]);
    await signIn.goToSignIn('/later');
    expect(left).toHaveLength(1);
    expect(await answer(states[0])).toMatchObject({
      kind: 'code',
      code: 'a-code',
      returnTo: '/w/1/runs/2?tab=log#L10',
    });
  });

  it('can be retried after the server could not be reached', async () => {
    const { signIn, states, network, answer } = openTab();
    network.isDown = true;
    await expect(signIn.goToSignIn('/w/1')).rejects.toThrow('Failed to fetch');
    network.isDown = false;
    await signIn.goToSignIn('/w/2');
    expect(await answer(states[0])).toMatchObject({ returnTo: '/w/2' });
  });

  it('accepts the response to an earlier request of the tab, after the back button', async () => {
    const { signIn, states, answer } = openTab();
    await signIn.goToSignIn('/w/1/jobs');
    signIn.returnToPage();
    await signIn.goToSignIn('/w/1/runs');
    expect(await answer(states[0])).toMatchObject({ returnTo: '/w/1/jobs' });
    expect(await answer(states[1])).toEqual({ kind: 'unknown' });
  });

  it('rejects a response that the tab did not request, and still accepts its own', async () => {
    const { signIn, states, answer, expire } = openTab();
    expect(await expire()).toEqual({ kind: 'unknown' });
    await signIn.goToSignIn('/w/1');
    expect(await answer('guessed')).toEqual({ kind: 'unknown' });
    expect(await answer(states[0])).toMatchObject({ returnTo: '/w/1' });
  });

  it('retries an expired request once, with the same return path', async () => {
    const { signIn, states, answer, expire } = openTab();
    await signIn.goToSignIn('/w/1/runs?status=failed');
    signIn.returnToPage();
    expect(await expire()).toEqual({ kind: 'again' });
    expect(await answer(states[1])).toMatchObject({ returnTo: '/w/1/runs?status=failed' });
  });

  it('gives up if the second request has expired too', async () => {
    const { signIn, expire } = openTab();
    await signIn.goToSignIn('/w/1');
    signIn.returnToPage();
    await expire();
    await expect(expire()).rejects.toThrow('Sign in again');
  });

  it('reports that the user declined', async () => {
    const { signIn, states } = openTab();
    await signIn.goToSignIn('/w/1');
    const declined = new URLSearchParams({ error: 'access_denied', state: states[0] ?? '' });
    await expect(signIn.readAnswer(declined)).rejects.toThrow('declined');
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    '/\t/evil.example',
    'javascript:x',
    '',
  ])('never returns to %j', async (returnTo) => {
    const { signIn, states, answer } = openTab();
    await signIn.goToSignIn(returnTo);
    expect(await answer(states[0])).toMatchObject({ returnTo: '/' });
  });
});

describe('readOwnPath', () => {
  it.each(['/', '/w/1/jobs?q=a%20b&status=failed#x', '/base/w/1'])('returns %s unchanged', (path) => {
    expect(readOwnPath(path, origin)).toBe(path);
  });

  it('does not resolve to a double slash', () => {
    expect(readOwnPath('/a/..//evil.example', origin)).toBe('/');
  });
});
