/**
 * Shorter values are common words in logs; masking them would make the log unreadable without hiding the
 * secret.
 */
const MIN_SECRET_LENGTH = 6;

/**
 * Lists the secret strings of a parsed TOML file: every string leaf of at least 6 characters, and each such
 * line of a multi-line value, because a log shows a private key line by line. Numbers, booleans and dates are
 * not secret. Longest first, without duplicates: a value that contains another is masked whole.
 */
export function listSecretValues(parsedToml: unknown): string[] {
  const found = new Set<string>();
  collectStrings(parsedToml, found);
  return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/**
 * Lists the secret parts of a value declared as secret: the value, every string in it if it is JSON (as
 * credentials often are), and the password if it is a URL. Logs may show such parts on their own.
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

/** Reads the password of `scheme://user:password@host`, both encoded and decoded. */
function readPasswords(value: string): string[] {
  const written = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]*)@/i.exec(value)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

/** Iterative, because user input may be nested deeper than the call stack allows. */
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
    if (candidate.length >= MIN_SECRET_LENGTH && trimmed !== '') found.add(candidate);
    if (trimmed.length >= MIN_SECRET_LENGTH) found.add(trimmed);
  }
}
