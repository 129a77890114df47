/** Finds known-bad combinations among the packages of an environment, and writes the warnings of its build. Pure. */
import { knownBadCombinations, type KnownBadCombination } from '@pumphouse/contract';
import { isInVersionRange } from './python-versions.ts';

export interface PackageWarning {
  /** The packages that do not work together, such as `dlt 1.31.0`. */
  packages: string[];
  /** Where it shows. */
  where: string;
  what: string;
  /** A requirement that mends it. */
  pin: string;
}

/** @param packages `name==version`, as they were installed; other lines are passed over */
export function findKnownBadCombinations(packages: readonly string[]): KnownBadCombination[] {
  const versions = new Map(packages.map(splitPin));
  return knownBadCombinations.filter(
    ({ packages: ranges, unless }) =>
      !(unless !== undefined && versions.has(unless)) &&
      Object.entries(ranges).every(([name, range]) => isInVersionRange(versions.get(name) ?? '', range)),
  );
}

/** The known-bad combinations of an environment. @param packages as for `findKnownBadCombinations` */
export function listPackageWarnings(packages: readonly string[]): PackageWarning[] {
  return findKnownBadCombinations(packages).map(({ packages: ranges, where, what, pin }) => ({
    packages: packages
      .filter((line) => Object.hasOwn(ranges, splitPin(line)[0]))
      .map((line) => line.replace('==', ' ')),
    where,
    what,
    pin,
  }));
}

/** What the log of the run that builds an environment says of what was installed, one line for each combination. */
export function warnOfKnownBad(packages: readonly string[]): string[] {
  return listPackageWarnings(packages).map(
    ({ packages: named, where, what, pin }) =>
      `Warning: ${named.join(' and ')} do not work together. Affected: ${where}. There, ${what}. ` +
      `Add "${pin}" to your requirements and deploy again. More: docs/operate/known-bad-combinations.md.`,
  );
}

/** The packages that a line of a build names as installed: ` + name==version` of uv, or a list after `Packages:`. */
export function readInstalledPackages(line: string): string[] {
  if (!/^( \+ |Packages: )/.test(line)) return [];
  return line.match(/[A-Za-z0-9][\w.-]*==[\w.!+-]+/g) ?? [];
}

function splitPin(line: string): [name: string, version: string] {
  const [name = '', version = ''] = line.trim().split('==', 2);
  return [name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version];
}
