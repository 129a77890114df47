import { createBoundedMemory } from '../../platform/bounded-memory.ts';
import { createTurns } from '../../platform/turns.ts';

export interface CredentialMemoryOptions {
  /** How long a credential that was revoked may still be taken for good. */
  rememberedMs?: number;
  mostGood?: number;
  mostBad?: number;
  /** How many that were never good are looked up at once; the others wait. */
  strangersAtOnce?: number;
  now?: () => number;
}

/** What a look-up found; null is a credential that is not good. */
export interface LookedUp<Value> {
  value: Value | null;
  /** Not good from then on, whatever is remembered. */
  expiresAt: Date | null;
}

interface Entry<Value> {
  value: Value | null;
  until: number;
}

/**
 * Remembers for some seconds what credentials are worth. Bad ones have a memory of their own, and only few of them are looked up at
 * once: a flood of them neither drives out those who are known, nor takes the connections that their calls need.
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
  /** Counts what was forgotten: what was looked up before is not remembered after. */
  let generation = 0;

  async function lookUp(key: string, find: () => Promise<LookedUp<Value>>): Promise<Value | null> {
    // The time before the look-up counts: what is revoked meanwhile is taken for good no longer than anything else.
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

  /** The value behind a key of this memory, looked up once for all who ask at the same time. */
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
    // Who asks from now on must not get what was looked up before.
    underWay.clear();
  }

  return { remember, forget };
}
