import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';

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
 * other calls need. The `fetch` of lru-cache does not fit: it counts validity from the end of a look-up, which
 * would keep a credential that was revoked during it.
 */
export function createCredentialMemory<Value>(options: CredentialMemoryOptions = {}) {
  const {
    rememberedMs = 5000,
    mostGood = 10_000,
    mostBad = 1000,
    strangersAtOnce = 3,
    now = Date.now,
  } = options;
  const good = new LRUCache<string, Entry<Value>>({ max: mostGood });
  const bad = new LRUCache<string, Entry<Value>>({ max: mostBad });
  const underWay = new Map<string, Promise<Value | null>>();
  const limitStrangers = pLimit(strangersAtOnce);
  /** Counts invalidations: a look-up that was asked for before one must not be cached after it. */
  let generation = 0;

  async function lookUp(
    key: string,
    find: () => Promise<LookedUp<Value>>,
    asked: number,
  ): Promise<Value | null> {
    // Cache from before the look-up, so that a revocation during it takes effect no later than any other.
    const startedAt = now();
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
    const shared = underWay.get(key);
    if (shared) return shared;
    const asked = generation;
    const look = () => lookUp(key, find, asked);
    const asking = trusted ? look() : limitStrangers(look);
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
