/** Which colours states have: red and green, or blue and orange for those who do not tell them apart. */
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
