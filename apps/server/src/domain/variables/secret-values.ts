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

/**
 * What is secret about a value that somebody declared to be secret: the value, every string in it where it is JSON (as credentials
 * often are), and the password where it is an address. Parsed values show up in logs without what they were wrapped in.
 */
export function listPartsOfSecret(value: string): string[] {
  return listSecretValues([value, parseJson(value), ...readPasswords(value)]);
}

function parseJson(value: string): unknown {
  if (!/^\s*[{[]/.test(value)) return null;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
}

/** The password of `scheme://user:password@host`, as written and as meant. */
function readPasswords(value: string): string[] {
  const written = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]*)@/i.exec(value)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

/** Without recursion: what somebody sets may be nested deeper than a stack is. */
function collectStrings(value: unknown, found: Set<string>): void {
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') addSecret(next, found);
    else if (typeof next === 'object' && next !== null && !(next instanceof Date))
      for (const child of Object.values(next)) waiting.push(child);
  }
}

function addSecret(value: string, found: Set<string>): void {
  for (const candidate of [value, ...value.split(/\r\n|\r|\n/)]) {
    const trimmed = candidate.trim();
    if (candidate.length >= SHORTEST_SECRET && trimmed !== '') found.add(candidate);
    if (trimmed.length >= SHORTEST_SECRET) found.add(trimmed);
  }
}
