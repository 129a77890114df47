import { useEffect, useEffectEvent } from 'react';

/** What keys do on the current page, by key. */
export type PageKeys = Readonly<Record<string, () => void>>;

let run: ((key: string) => boolean) | null = null;

/**
 * Lets a part of the page handle keys while it is mounted, wherever the focus is outside of text fields and
 * dialogs. The shortcuts of all pages come first. One part of a page at a time can do so.
 */
export function usePageKeys(keys: PageKeys): void {
  const take = useEffectEvent((key: string) => {
    const action = keys[key];
    action?.();
    return action !== undefined;
  });
  useEffect(() => {
    const own = (key: string) => take(key);
    run = own;
    return () => {
      if (run === own) run = null;
    };
  }, []);
}

/** Runs the action of the page for a key. @returns false if it has none */
export const runPageKey = (key: string): boolean => run?.(key) ?? false;
