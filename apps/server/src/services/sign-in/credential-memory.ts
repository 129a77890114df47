import { createBoundedMemory } from '../../platform/bounded-memory.ts';
import { createTurns } from '../../platform/turns.ts';

export interface CredentialMemoryOptions {
  /** Maximum time that a revoked credential may still be accepted. */
  rememberedMs?: number;
  mostGood?: number;
  mostBad?: number;
  /** Maximum number of concurrent look-ups of credentials never seen as good; the others wait. */
  strangersAtOnce?: number;
  now?: () => number;
}

/** The result of a look-up; null for an invalid credential. */
export interface LookedUp<Value> {
  value: Value | null;
  /** The time from which the credential is invalid, whatever is cached. */
  expiresAt: Date | null;
}

interface Entry<Value> {
  value: Value | null;
  until: number;
}

/**
 * Caches for some seconds whether credentials are valid. Bad ones have a separate cache, and only few of them
 * are looked up concurrently, so that a flood of them neither evicts good ones nor takes the connections that
 * other calls need.
 */
export function createCredentialMemory<Value>(options: CredentialMemoryOptions = {}) {
  const {
    rememberedMs = 5000,
    mostGood = 10_000,
    mostBad = 1000,
    strangersAtOnce = 3,
    now = Date.now,
  } = options;
  const good = createBoundedMemory<Entry<Value>>(mostGood);
  const bad = createBoundedMemory<Entry<Value>>(mostBad);
  const underWay = new Map<string, Promise<Value | null>>();
  const takeTurn = createTurns(strangersAtOnce);
  /** Counts invalidations: a look-up that began before one must not be cached after it. */
  let generation = 0;

  async function lookUp(key: string, find: () => Promise<LookedUp<Value>>): Promise<Value | null> {
    // Cache from before the look-up, so that a revocation during it takes effect no later than any other.
    const startedAt = now();
    const asked = generation;
    const { value, expiresAt } = await find();
    if (asked !== generation) return value;
    const entry = { value, until: Math.min(startedAt + rememberedMs, expiresAt?.getTime() ?? Infinity) };
    if (value === null) {
      good.delete(key);
      bad.set(key, entry);
    } else good.set(key, entry);
    return value;
  }

  /** Returns the value for a key, with one look-up for concurrent callers. */
  async function remember(key: string, find: () => Promise<LookedUp<Value>>): Promise<Value | null> {
    const trusted = good.get(key);
    const known = trusted ?? bad.get(key);
    if (known && known.until > now()) return known.value;
    const asked = underWay.get(key);
    if (asked) return asked;
    const asking = trusted ? lookUp(key, find) : takeTurn(() => lookUp(key, find));
    underWay.set(key, asking);
    try {
      return await asking;
    } finally {
      if (underWay.get(key) === asking) underWay.delete(key);
    }
  }

  function forget(): void {
    generation += 1;
    good.clear();
    bad.clear();
    // Later callers must not get the result of an earlier look-up.
    underWay.clear();
  }

  return { remember, forget };
}
