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

/** Formats a number as Kubernetes writes quantities of a resource. */
export function formatQuantity(value: number, resource: string): string {
  if (/memory|storage/.test(resource)) {
    for (const unit of ['Pi', 'Ti', 'Gi', 'Mi', 'Ki'])
      if (value > 0 && value % (factors[unit] ?? 1) === 0) return `${value / (factors[unit] ?? 1)}${unit}`;
    return String(Math.ceil(value));
  }
  const milli = Math.round(value * 1000);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}
