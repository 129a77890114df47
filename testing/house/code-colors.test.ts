import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const css = readFileSync(new URL('../../apps/web/src/ui/tokens.css', import.meta.url), 'utf8');
const codeColors = ['--code-keyword', '--code-string', '--code-number', '--code-name', '--quiet'];
const grounds = ['--surface', '--raised', '--ground', '--ground-added', '--ground-removed'];
const isDark = '[data-mantine-color-scheme=';
const isOther = '[data-palette=';

/** The variables of a scheme: those of each block that applies to it, later ones first. */
function readScheme({ dark, other }: { dark: boolean; other: boolean }): Map<string, string> {
  const blocks = [...css.matchAll(/:root(\S*) \{([^}]*)\}/g)].filter(
    ([, selector = '']) => (dark || !selector.includes(isDark)) && (other || !selector.includes(isOther)),
  );
  const pairs = blocks.flatMap(([, , body = '']) => [...body.matchAll(/(--[\w-]+): (#[\da-f]{6});/g)]);
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]));
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

it.each([
  { dark: false, other: false },
  { dark: false, other: true },
  { dark: true, other: false },
  { dark: true, other: true },
])('code is readable on each ground: %o', (scheme) => {
  const values = readScheme(scheme);
  for (const color of codeColors) {
    for (const ground of grounds) {
      const found = contrast(values.get(color) ?? '', values.get(ground) ?? '');
      expect([color, ground, found >= 4.5], `${found}`).toEqual([color, ground, true]);
    }
  }
});
