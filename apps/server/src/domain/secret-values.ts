/** Shorter values are words that logs are full of; masking them would hide the log and not the secret. */
const SHORTEST_SECRET = 6;

/**
 * The secret strings of a parsed TOML file: every string leaf of at least 6 characters, and each such line of a
 * value with several lines, since a log shows a private key line by line. Numbers, booleans and dates are no secrets.
 * Longest first, each once: a value that contains another is masked whole.
 */
export function listSecretValues(parsedToml: unknown): string[] {
  const found = new Set<string>();
  collectStrings(parsedToml, found);
  return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

function collectStrings(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    addSecret(value, found);
    return;
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  for (const child of Object.values(value)) collectStrings(child, found);
}

function addSecret(value: string, found: Set<string>): void {
  for (const candidate of [value, ...value.split(/\r\n|\r|\n/)]) {
    const trimmed = candidate.trim();
    if (candidate.length >= SHORTEST_SECRET && trimmed !== '') found.add(candidate);
    if (trimmed.length >= SHORTEST_SECRET) found.add(trimmed);
  }
}
