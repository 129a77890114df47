/** A package that has another version in one of two environments; null if it is not installed there. */
export interface PackageChange {
  name: string;
  before: string | null;
  after: string | null;
}

/**
 * Compares the packages of two environments; the result is sorted by name.
 * @param before `name==version` lines as installed, like `after`; other lines are ignored
 */
export function comparePackages(before: readonly string[], after: readonly string[]): PackageChange[] {
  const old = readPins(before);
  const fresh = readPins(after);
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((name): PackageChange[] => {
    const versions = { before: old.get(name) ?? null, after: fresh.get(name) ?? null };
    return versions.before === versions.after ? [] : [{ name, ...versions }];
  });
}

function readPins(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [name = '', version] = line.trim().split('==', 2);
      return version === undefined ? [] : [[name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version]];
    }),
  );
}
