import type { ChangeMark } from './merged-schema.ts';

/** Sign and word of a change, in addition to its colour. */
export const markAppearances: Record<ChangeMark, { sign: '+' | '−' | '~'; word: string }> = {
  added: { sign: '+', word: 'new' },
  removed: { sign: '−', word: 'removed' },
  changed: { sign: '~', word: 'changed' },
};
