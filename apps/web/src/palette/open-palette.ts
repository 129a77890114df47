const asked = new EventTarget();

/** Opens the palette, like its shortcut. */
export function openPalette(): void {
  asked.dispatchEvent(new Event('open'));
}

/** @returns a function that removes the listener */
export function onPaletteAsked(callback: () => void): () => void {
  asked.addEventListener('open', callback);
  return () => asked.removeEventListener('open', callback);
}
