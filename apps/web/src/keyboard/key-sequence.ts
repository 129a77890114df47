/** A key that was pressed, as far as shortcuts care. */
export interface PressedKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** Whether the press goes to a field that takes text. */
  isTyping: boolean;
}

const prefix = 'g';
/** After this long the first key of two is forgotten. */
const patienceMs = 1500;

/**
 * Tells which shortcut a press completes: `mod+k`, a single key such as `/`, or two in a row such as `g j`. Null for a press that is none, or
 * only the first of two. Single keys are nothing while somebody types.
 */
export function createKeySequence() {
  let prefixAtMs = Number.NEGATIVE_INFINITY;
  return function press(pressed: PressedKey, nowMs: number): string | null {
    const isModified = pressed.ctrlKey || pressed.metaKey;
    if (isModified && !pressed.altKey && pressed.key.toLowerCase() === 'k') return 'mod+k';
    if (pressed.isTyping || isModified || pressed.altKey) return null;
    if (nowMs - prefixAtMs < patienceMs) {
      prefixAtMs = Number.NEGATIVE_INFINITY;
      return `${prefix} ${pressed.key}`;
    }
    if (pressed.key === prefix) {
      prefixAtMs = nowMs;
      return null;
    }
    return pressed.key;
  };
}
