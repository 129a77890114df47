import { isPlainObject } from '../primitives/plain-object.ts';

/**
 * Values that differ between any two runs. Each alternative takes time linear in the length of the line: a
 * UUID; a date with or without a time; a time of day; a hexadecimal number; any other number with its unit of
 * time or size. A number that is part of a name (`orders_2`, `v14`) is kept.
 */
const varying = new RegExp(
  [
    '(?<uuid>\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b)',
    '(?<time>\\b\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\\d{2}:?\\d{2}))?)?|\\b\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?\\b)',
    '(?<hex>\\b0x[0-9a-f]{1,64}\\b|\\b(?=[a-f]{0,64}\\d)(?=\\d{0,64}[a-f])[0-9a-f]{6,64}\\b)',
    '(?<number>(?<![\\w.])[+-]?\\d+(?:[.,_]\\d+)*(?:e[+-]?\\d{1,3})?(?: ?(?:%|[kmgt]?i?b|ns|µs|us|ms|s|min|h)(?:\\/s)?(?![\\w]))?(?!\\w))',
  ].join('|'),
  'gi',
);

/** Terminal escape sequences such as colors. */
// oxlint-disable-next-line no-control-regex -- they begin with the control character ESC
const escapes = /\u001b\[[0-9;?]{0,20}[a-z]/gi;

/**
 * Replaces each value that differs between any two runs of the same code by a placeholder: `<time>`, `<id>`,
 * `<hex>`, `<n>`. Lines that are equal afterwards have the same meaning.
 */
export function normalizeLogLine(line: string): string {
  return line.replace(escapes, '').replace(varying, (...args: unknown[]) => {
    const groups = args.at(-1);
    const { uuid, time, hex } = isPlainObject(groups) ? groups : {};
    if (uuid !== undefined) return '<id>';
    if (time !== undefined) return '<time>';
    return hex === undefined ? '<n>' : '<hex>';
  });
}
