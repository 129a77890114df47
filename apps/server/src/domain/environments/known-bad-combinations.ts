/**
 * Finds known-bad combinations among the packages of an environment and formats the warnings of its build.
 * Pure functions.
 */
import { knownBadCombinations, type KnownBadCombination } from '@pumphouse/contract';
import { isInVersionRange } from './python-versions.ts';

export interface PackageWarning {
  /** The packages that do not work together, such as `dlt 1.31.0`. */
  packages: string[];
  /** Where the problem appears. */
  where: string;
  what: string;
  /** A requirement that fixes it. */
  pin: string;
  /** What that requirement breaks, and what to do about it. */
  caution: string | null;
}

/**
 * Finds the known-bad combinations among installed packages.
 * @param packages `name==version` lines as installed; other lines are ignored
 */
export function findKnownBadCombinations(packages: readonly string[]): KnownBadCombination[] {
  const versions = new Map(packages.map(splitPin));
  return knownBadCombinations.filter(
    ({ packages: ranges, unless }) =>
      !(unless !== undefined && versions.has(unless)) &&
      Object.entries(ranges).every(([name, range]) => isInVersionRange(versions.get(name) ?? '', range)),
  );
}

/**
 * Lists warnings for the known-bad combinations of an environment.
 * @param packages as for `findKnownBadCombinations`
 */
export function listPackageWarnings(packages: readonly string[]): PackageWarning[] {
  return findKnownBadCombinations(packages).map(({ packages: ranges, where, what, pin, caution }) => ({
    packages: packages
      .filter((line) => Object.hasOwn(ranges, splitPin(line)[0]))
      .map((line) => line.replace('==', ' ')),
    where,
    what,
    pin,
    caution: caution ?? null,
  }));
}

/** Formats the warnings for the log of the run that builds an environment, one line for each combination. */
export function warnOfKnownBad(packages: readonly string[]): string[] {
  return listPackageWarnings(packages).map(
    ({ packages: named, where, what, pin, caution }) =>
      `Warning: ${named.join(' and ')} do not work together. Affected: ${where}. There, ${what}. ` +
      `Add "${pin}" to your requirements and deploy again.${caution === null ? '' : ` ${caution}`} More: docs/operate/known-bad-combinations.md.`,
  );
}

/**
 * Extracts the installed packages from a line of a build log: ` + name==version` of uv, or a list after
 * `Packages:`.
 */
export function readInstalledPackages(line: string): string[] {
  if (!/^( \+ |Packages: )/.test(line)) return [];
  return line.match(/[A-Za-z0-9][\w.-]*==[\w.!+-]+/g) ?? [];
}

function splitPin(line: string): [name: string, version: string] {
  const [name = '', version = ''] = line.trim().split('==', 2);
  return [name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version];
}
