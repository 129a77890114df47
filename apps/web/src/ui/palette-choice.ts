/** Colours of states: red and green, or blue and orange for users who cannot distinguish those. */
export type Palette = 'red-green' | 'blue-orange';

const key = 'pumphouse.palette';

export function readPalette(): Palette {
  return localStorage.getItem(key) === 'blue-orange' ? 'blue-orange' : 'red-green';
}

export function choosePalette(palette: Palette): void {
  localStorage.setItem(key, palette);
  applyPalette();
}

export function applyPalette(): void {
  document.documentElement.dataset['palette'] = readPalette();
}
