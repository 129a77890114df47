/** Parses uv's resolution (PEP 751) and splits it by how packages may be installed. Pure. */
import { createHash } from 'node:crypto';
import { parse, stringify } from 'smol-toml';
import { z } from 'zod';

const fileSchema = z.looseObject({
  url: z.string().optional(),
  path: z.string().optional(),
  name: z.string().optional(),
  hashes: z.record(z.string(), z.string()).optional(),
});

const packageSchema = z.looseObject({
  name: z.string(),
  version: z.string().optional(),
  wheels: z.array(fileSchema).optional(),
  archive: fileSchema.optional(),
});

const lockSchema = z.looseObject({ packages: z.array(packageSchema).default([]) });

export interface LockedPackage {
  name: string;
  version: string | null;
  /** A lock of this package alone. */
  lock: string;
  /**
   * Names and hashes of the wheels that may be installed for it, sorted; null for a package without a wheel
   * of known hash, whose build may run its own code.
   */
  verified: [file: string, sha256: string][] | null;
}

/** @throws Error for a text that is not a lock */
export function readLock(text: string): LockedPackage[] {
  const { packages, ...rest } = lockSchema.parse(parse(text));
  return packages.map((one) => ({
    name: one.name,
    version: one.version ?? null,
    lock: stringify({ ...rest, packages: [one] }),
    verified: listVerifiedWheels(one),
  }));
}

/** Combines several packages of one lock into a lock. */
export function joinLocks(packages: readonly LockedPackage[]): string {
  const parsed = packages.map(({ lock }) => lockSchema.parse(parse(lock)));
  return stringify({ ...parsed[0], packages: parsed.flatMap((lock) => lock.packages) });
}

/** The key of a package in the store: equal for equal hashes, interpreter and scope. */
export function buildPackageKey(
  { name, version, verified }: LockedPackage,
  interpreterVersion: string,
  scope: string,
): string {
  const platform = `${process.platform}-${process.arch}`;
  const identity = JSON.stringify([
    storeFormat,
    scope,
    platform,
    interpreterVersion,
    name,
    version,
    verified,
  ]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** Whether requirements pin every package of a lock, as an exported lock file does. */
export function isComplete(requirements: readonly string[], packages: readonly LockedPackage[]): boolean {
  const pins = new Set(requirements.flatMap((line) => readPin(line) ?? []));
  return packages.every(({ name, version }) => pins.has(`${name}==${version}`));
}

/** Whether every requirement pins one version. */
export function arePinned(requirements: readonly string[]): boolean {
  return requirements.length > 0 && requirements.every((line) => readPin(line) !== null);
}

/** Increment when the format of the store's contents changes. */
const storeFormat = 1;

function readPin(line: string): string | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9.!+_-]+)\s*(?:;|$)/.exec(
    line,
  );
  if (match === null) return null;
  const [, name = '', version = ''] = match;
  return `${name.replace(/[-_.]+/g, '-').toLowerCase()}==${version}`;
}

function listVerifiedWheels({ wheels, archive }: z.infer<typeof packageSchema>): LockedPackage['verified'] {
  const files = archive === undefined ? (wheels ?? []) : [archive];
  const verified: [string, string][] = [];
  for (const { url, name, hashes } of files) {
    const file = name ?? readFileName(url);
    const sha256 = hashes?.['sha256'];
    if (file?.endsWith('.whl') !== true || sha256 === undefined) return null;
    verified.push([file, sha256.toLowerCase()]);
  }
  return verified.length === 0 ? null : verified.sort(([left], [right]) => (left < right ? -1 : 1));
}

function readFileName(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}
