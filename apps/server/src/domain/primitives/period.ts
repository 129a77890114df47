const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses a period as dlt writes it (`90`, `30s`, `1.5h`, `1d`) to seconds; null for any other text. */
export function parsePeriodSeconds(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text.trim());
  return match ? Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 1) : null;
}
