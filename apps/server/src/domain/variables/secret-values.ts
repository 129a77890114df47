import { isSecretKey } from './secret-keys.ts';

/**
 * Shorter values are common words in logs; masking them would make the log unreadable without hiding the
 * secret.
 */
export const MIN_SECRET_LENGTH = 6;

/** Sections whose tables have names that users chose: `[sources.token]` is a source. */
const sections = new Set(['destination', 'normalize', 'extract', 'load', 'pipelines', 'schema', 'sources']);

export interface MaskedValues {
  /** Secret by their key: masked in logs and telemetry, whatever they occur in. */
  everywhere: string[];
  /** Other strings of secrets files: masked in texts, and never in a name. */
  inTexts: string[];
}

/** A value that is secret by its key, and where it is set. */
export interface SecretSetting {
  /** `destination.postgres.credentials.password` */
  key: string;
  value: string;
}

/**
 * Lists the secret strings of a parsed TOML file: every string leaf of at least 6 characters, and each such
 * line of a multi-line value, because a log shows a private key line by line. Numbers, booleans and dates are
 * not secret. Longest first, without duplicates: a value that contains another is masked whole.
 */
export function listSecretValues(parsedToml: unknown): string[] {
  const found = new Set<string>();
  for (const { value } of listLeaves(parsedToml)) if (typeof value === 'string') addLines(value, found);
  return sort(found);
}

/** Divides the values of a parsed secrets file by what its keys say (decision 0124). */
export function classifyValues(parsedToml: unknown): MaskedValues {
  return divide(listLeaves(parsedToml).flatMap(splitLeaf));
}

/** Lists the values of a parsed secrets file that are secret by their key. */
export function listSecretSettings(parsedToml: unknown): SecretSetting[] {
  return listLeaves(parsedToml).flatMap((leaf) =>
    splitLeaf(leaf)
      .filter(({ isSecret }) => isSecret)
      .flatMap(({ value }) => listLines(value).map((line) => ({ key: leaf.path.join('.'), value: line }))),
  );
}

/**
 * Divides the parts of a value declared as secret: the value, the strings in it if it is JSON (as credentials
 * often are), and the password if it is a URL. Logs may show such parts on their own.
 */
export function classifyPartsOfSecret(value: string): MaskedValues {
  return divide(splitLeaf({ path: [], isSecret: true, value }));
}

/** A string or number of a document, with the keys that lead to it. */
interface Leaf {
  path: readonly string[];
  isSecret: boolean;
  value: string | number | bigint;
}

interface Part {
  isSecret: boolean;
  value: string;
}

function divide(parts: readonly Part[]): MaskedValues {
  const everywhere = new Set<string>();
  const inTexts = new Set<string>();
  for (const { isSecret, value } of parts) addLines(value, isSecret ? everywhere : inTexts);
  for (const value of everywhere) inTexts.delete(value);
  return { everywhere: sort(everywhere), inTexts: sort(inTexts) };
}

/** Lists what a leaf contributes: itself, and secrets inside of it. */
function splitLeaf({ path, isSecret, value }: Leaf): Part[] {
  // A number is a secret only by its key: a port must not mask digits.
  if (typeof value !== 'string') return isSecret ? [{ isSecret, value: String(value) }] : [];
  const inside = [
    ...readJson(value),
    ...listEmbedded(value).map((text) => ({ isSecret: true, value: text })),
  ];
  const holdsSecret = inside.some((part) => part.isSecret);
  return [{ isSecret: isSecret || holdsSecret || isSecretText(path, value), value }, ...inside];
}

/**
 * dlt types `credentials` as secret. Where it is not a table, it is a URL or JSON, whose parts tell; a path of a
 * database, below `destination`; or a token of a source.
 */
function isSecretText(path: readonly string[], value: string): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) return true;
  const isText = !/^[a-z][a-z0-9+.-]*:/i.test(value) && !/^\s*\{/.test(value);
  return path.at(-1) === 'credentials' && path.at(0) !== 'destination' && isText;
}

function readJson(value: string): Part[] {
  if (!/^\s*[{[]/.test(value)) return [];
  try {
    const leaves = listLeaves(JSON.parse(value));
    return leaves.flatMap((leaf) =>
      typeof leaf.value === 'string' || leaf.isSecret
        ? [{ isSecret: leaf.isSecret, value: String(leaf.value) }]
        : [],
    );
  } catch {
    return [];
  }
}

/** Lists the secrets of a URL or a connection string, both encoded and decoded. */
function listEmbedded(value: string): string[] {
  const password = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]*)@/i.exec(value)?.[1];
  const settings = value.matchAll(/(?:^|[?&;])\s*([\w .-]{1,100}?)\s*=\s*([^&;\s]+)/g);
  const secrets = [...settings].flatMap(([, key = '', set = '']) => (isSecretKey(key) ? [set] : []));
  return [...(password === undefined ? [] : [password]), ...secrets].flatMap((text) => [text, decode(text)]);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Iterative, because user input may be nested deeper than the call stack allows. */
function listLeaves(document: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  const waiting: { path: readonly string[]; isSecret: boolean; value: unknown }[] = [
    { path: [], isSecret: false, value: document },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, isSecret, value } = next;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
      leaves.push({ path, isSecret, value });
    else if (Array.isArray(value)) for (const item of value) waiting.push({ path, isSecret, value: item });
    else if (typeof value === 'object' && value !== null && !(value instanceof Date))
      for (const [key, child] of Object.entries(value)) waiting.push(describeChild(next, key, child));
  }
  return leaves;
}

function describeChild(parent: { path: readonly string[]; isSecret: boolean }, key: string, value: unknown) {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
  const isSection = isTable && parent.path.length === 1 && sections.has(parent.path[0] ?? '');
  return {
    path: [...parent.path, key],
    isSecret: parent.isSecret || (!isSection && isSecretKey(key)),
    value,
  };
}

function addLines(value: string, found: Set<string>): void {
  for (const line of listLines(value)) found.add(line);
}

function listLines(value: string): string[] {
  const lines = [value, ...value.split(/\r\n|\r|\n/)].flatMap((candidate) => {
    const trimmed = candidate.trim();
    return [candidate, trimmed].filter((text) => text.length >= MIN_SECRET_LENGTH && trimmed !== '');
  });
  return [...new Set(lines)];
}

function sort(found: Set<string>): string[] {
  return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}
