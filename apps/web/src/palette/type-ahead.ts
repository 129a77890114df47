/** What was typed since the palette was opened, before its field has the focus. */
export interface TypedAhead {
  text: string;
  /** Whether Enter was pressed after the text. */
  isEntered: boolean;
}

export const nothingTyped: TypedAhead = { text: '', isEntered: false };

/** The fields of a key press that the input depends on. */
type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/**
 * Applies a key as a text field would. The chunk of the palette may still load, and its field may not have the
 * focus yet: without this, the first letters would be lost, or be shortcuts of the page.
 * @returns null for a key that is not input
 */
export function typeAhead(typed: TypedAhead, { key, ctrlKey, metaKey, altKey }: Pressed): TypedAhead | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === 'Enter') return { ...typed, isEntered: true };
  if (key === 'Backspace') return { text: typed.text.replace(/.$/su, ''), isEntered: false };
  return /^.$/su.test(key) ? { text: typed.text + key, isEntered: false } : null;
}
