/** The fields of a key press that shortcuts depend on. */
export interface PressedKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** True if a text field has the focus. */
  isTyping: boolean;
}

const prefix = 'g';
/** Timeout after which the first key of a sequence is dropped. */
const patienceMs = 1500;

/**
 * Creates a function that returns the shortcut that a key press completes: `mod+k`, a single key such as `/`,
 * or a sequence such as `g j`. It returns null for other keys and for the first key of a sequence. Single
 * keys are ignored while the user types.
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
