import type { ChangeMark } from './merged-schema.ts';

/** How a change is marked: a sign and a word, beside the colour. */
export const markLooks: Record<ChangeMark, { sign: '+' | '−' | '~'; word: string }> = {
  added: { sign: '+', word: 'new' },
  removed: { sign: '−', word: 'gone' },
  changed: { sign: '~', word: 'changed' },
};
