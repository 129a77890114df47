/**
 * Versions of packages that install together and do not work together. Only what was reproduced is listed, with the newest versions that
 * were tried as upper bounds. docs/operate/known-bad-combinations.md has the same list; a test compares the two.
 */
import { isInVersionRange } from './python-versions.ts';

export interface KnownBadCombination {
  /** Names as PyPI normalizes them, with ranges as PEP 440 writes them. All have to match. */
  packages: Readonly<Record<string, string>>;
  /** The combination works when this package is installed too. */
  unless?: string;
  /** Where it shows. */
  where: string;
  /** What happens there. */
  what: string;
  /** A requirement that mends it. */
  pin: string;
}

export const knownBadCombinations: readonly KnownBadCombination[] = [
  {
    packages: { dlt: '>=1.12.3,<=1.31.0', sqlglot: '>=30.22' },
    where:
      'reading data with `pipeline.dataset()`, in jobs, notebooks and the dashboard; loading is not affected',
    what: "every read fails: `TypeError: qualify() got an unexpected keyword argument 'infer_schema'`",
    pin: 'sqlglot<30.22',
  },
  {
    packages: { dlt: '>=1.12.3,<=1.31.0', duckdb: '>=2' },
    where: '`.arrow()` of `pipeline.dataset()` on DuckDB, and the dashboard, which uses it',
    what: "it fails: `AttributeError: 'DuckDBPyConnection' object has no attribute 'fetch_arrow_table'`",
    pin: 'duckdb<2',
  },
  {
    packages: { 'ibis-framework': '<=12.0.0', duckdb: '>=2' },
    where: '`to_pyarrow_batches()` of ibis on DuckDB',
    what: "it fails: `AttributeError: 'DuckDBPyConnection' object has no attribute 'fetch_record_batch'`",
    pin: 'duckdb<2',
  },
  {
    packages: { 'psycopg2-binary': '>=2.9', sqlalchemy: '>=2.1' },
    unless: 'psycopg',
    where: '`sql_database` and SQLAlchemy engines for `postgresql://` addresses',
    what: "no connection: `ModuleNotFoundError: No module named 'psycopg'`; `postgresql+psycopg2://` addresses work",
    pin: 'sqlalchemy<2.1',
  },
];

/** @param packages `name==version`, as they were installed; other lines are passed over */
export function findKnownBadCombinations(packages: readonly string[]): KnownBadCombination[] {
  const versions = new Map(packages.map(splitPin));
  return knownBadCombinations.filter(
    ({ packages: ranges, unless }) =>
      !(unless !== undefined && versions.has(unless)) &&
      Object.entries(ranges).every(([name, range]) => isInVersionRange(versions.get(name) ?? '', range)),
  );
}

/** What the log of the run that builds an environment says of what was installed, one line for each combination. */
export function warnOfKnownBad(packages: readonly string[]): string[] {
  return findKnownBadCombinations(packages).map(({ packages: ranges, where, what, pin }) => {
    const named = packages.filter((line) => Object.hasOwn(ranges, splitPin(line)[0]));
    const names = named.map((line) => line.replace('==', ' ')).join(' and ');
    return (
      `Warning: ${names} do not work together. Affected: ${where}. There, ${what}. ` +
      `Add "${pin}" to your requirements and deploy again. More: docs/operate/known-bad-combinations.md.`
    );
  });
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
