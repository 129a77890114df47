import { beforeEach, describe, expect, it } from 'vitest';
import { createCredentialMemory } from './credential-memory.ts';

let now = 0;
/** Keys in the order of their look-ups. */
let lookedUp: string[] = [];
let goodKeys = new Set<string>();

beforeEach(() => {
  now = 1000;
  lookedUp = [];
  goodKeys = new Set(['good']);
});

const create = (options: Parameters<typeof createCredentialMemory>[0] = {}) => {
  const { remember } = createCredentialMemory<string>({ now: () => now, ...options });
  return (key: string, expiresAt: Date | null = null) =>
    remember(key, async () => {
      lookedUp.push(key);
      return goodKeys.has(key) ? { value: key, expiresAt } : { value: null, expiresAt: null };
    });
};

describe('a cached credential', () => {
  it('is looked up again once it was forgotten, even for callers during the first look-up', async () => {
    const { remember, forget } = createCredentialMemory<string>({ now: () => now });
    const slow = Promise.withResolvers<{ value: string | null; expiresAt: null }>();
    const before = remember('a', () => slow.promise);
    forget();
    expect(await remember('a', async () => ({ value: null, expiresAt: null }))).toBeNull();
    slow.resolve({ value: 'a', expiresAt: null });
    expect(await before).toBe('a');
    expect(await remember('a', async () => ({ value: 'never asked', expiresAt: null }))).toBeNull();
  });

  it('is cached for 5 seconds, and not one millisecond longer', async () => {
    const ask = create();
    expect(await ask('good')).toBe('good');
    goodKeys.clear();
    now += 4999;
    expect(await ask('good')).toBe('good');
    now += 1;
    expect(await ask('good')).toBeNull();
    goodKeys.add('good');
    now += 4999;
    expect(await ask('good')).toBeNull();
    now += 1;
    expect(await ask('good')).toBe('good');
    expect(lookedUp).toHaveLength(3);
  });

  it('is not cached past its own expiry', async () => {
    const ask = create();
    await ask('good', new Date(now + 100));
    goodKeys.clear();
    now += 100;
    expect(await ask('good')).toBeNull();
  });

  it('is looked up once for concurrent callers', async () => {
    const ask = create();
    expect(await Promise.all(Array.from({ length: 50 }, () => ask('good')))).toEqual(
      Array.from({ length: 50 }, () => 'good'),
    );
    await Promise.all(Array.from({ length: 50 }, () => ask('bad')));
    expect(lookedUp).toEqual(['good', 'bad']);
  });

  it('is looked up again after a failed look-up', async () => {
    const { remember } = createCredentialMemory<string>({ now: () => now });
    await expect(remember('a', () => Promise.reject(new Error('no store')))).rejects.toThrow('no store');
    expect(await remember('a', async () => ({ value: 'a', expiresAt: null }))).toBe('a');
  });
});

describe('a flood of bad credentials', () => {
  it('does not evict good ones', async () => {
    const ask = create({ mostBad: 10 });
    await ask('good');
    await Promise.all(Array.from({ length: 5000 }, (_, n) => ask(`bad ${n}`)));
    lookedUp = [];
    await ask('good');
    expect(lookedUp).toEqual([]);
  });

  it('is looked up a few at a time, and cached credentials do not wait for it', async () => {
    const { remember } = createCredentialMemory<string>({ now: () => now, strangersAtOnce: 2 });
    await remember('good', async () => ({ value: 'good', expiresAt: null }));
    now += 5000;
    let open = 0;
    let most = 0;
    const { promise: gate, resolve: letGo } = Promise.withResolvers<void>();
    const flood = Array.from({ length: 100 }, (_, n) =>
      remember(`bad ${n}`, async () => {
        most = Math.max(most, (open += 1));
        await gate;
        open -= 1;
        return { value: null, expiresAt: null };
      }),
    );
    expect(await remember('good', async () => ({ value: 'good', expiresAt: null }))).toBe('good');
    letGo();
    expect(await Promise.all(flood)).toEqual(Array.from({ length: 100 }, () => null));
    expect({ most, open }).toEqual({ most: 2, open: 0 });
  });

  it('continues after one look-up has failed', async () => {
    const { remember } = createCredentialMemory<string>({ now: () => now, strangersAtOnce: 1 });
    const failing = remember('a', () => Promise.reject(new Error('no store')));
    const next = remember('b', async () => ({ value: null, expiresAt: null }));
    await expect(failing).rejects.toThrow('no store');
    expect(await next).toBeNull();
  });
});
