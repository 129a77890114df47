const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Parses a quantity as "500m", "1.5Gi", "1e3". @returns null if it is not one */
export function parseQuantity(text: string | number): number | null {
  const [, number, suffix = ''] =
    /^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const factor = factors[suffix];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}

/** A quantity's number; 0 if it is missing or not valid. */
export const quantityOf = (text: string | number | undefined) =>
  text === undefined ? 0 : (parseQuantity(text) ?? 0);

const decimalUnits = ['P', 'T', 'G', 'M', 'k', '', 'm', 'u', 'n'];
const binaryUnits = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki', ''];

/** Writes a quantity as Kubernetes stores it: without fractions, in the largest unit of its own kind. */
export function canonicalQuantity(text: string): string {
  const value = parseQuantity(text);
  return value === null ? text : writeQuantity(value, text.endsWith('i'));
}

/** Formats a number as Kubernetes writes quantities of a resource. */
export const formatQuantity = (value: number, resource: string) =>
  writeQuantity(value, /memory|storage/.test(resource));

function writeQuantity(value: number, isBinary: boolean): string {
  if (value === 0) return '0';
  for (const unit of isBinary ? binaryUnits : decimalUnits) {
    const count = value / (factors[unit] ?? 1);
    // Fractions of a core are not exact in floating point.
    const rounded = Math.round(count);
    if (rounded >= 1 && Math.abs(count - rounded) < 1e-6) return `${rounded}${unit}`;
  }
  return String(Math.ceil(value));
}
