const asked = new EventTarget();

/** Opens the palette, as its shortcut does. */
export function openPalette(): void {
  asked.dispatchEvent(new Event('open'));
}

/** @returns what stops listening */
export function onPaletteAsked(callback: () => void): () => void {
  asked.addEventListener('open', callback);
  return () => asked.removeEventListener('open', callback);
}
