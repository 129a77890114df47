/**
 * Package versions that can be installed together but do not work together. Only reproduced cases are listed,
 * with the newest tested versions as upper bounds. docs/operate/known-bad-combinations.md has the same list;
 * a test compares the two.
 */
export interface KnownBadCombination {
  /** Package names as normalized by PyPI, with PEP 440 version ranges. All must match. */
  packages: Readonly<Record<string, string>>;
  /** The combination works if this package is installed as well. */
  unless?: string;
  /** Where the problem occurs. */
  where: string;
  /** What happens. */
  what: string;
  /** A requirement that fixes it. */
  pin: string;
  /** What the requirement breaks, and what to do about that. Code is in backticks. */
  caution?: string;
}

const olderDuckdb =
  'Older versions of DuckDB cannot read database files that DuckDB 2 has written: keep a copy with `pumphouse data download` and start empty with `pumphouse data reset`, then load the data again.';

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
    caution: olderDuckdb,
  },
  {
    packages: { 'ibis-framework': '<=12.0.0', duckdb: '>=2' },
    where: '`to_pyarrow_batches()` of ibis on DuckDB',
    what: "it fails: `AttributeError: 'DuckDBPyConnection' object has no attribute 'fetch_record_batch'`",
    pin: 'duckdb<2',
    caution: olderDuckdb,
  },
  {
    packages: { 'psycopg2-binary': '>=2.9', sqlalchemy: '>=2.1' },
    unless: 'psycopg',
    where: '`sql_database` and SQLAlchemy engines for `postgresql://` addresses',
    what: "no connection: `ModuleNotFoundError: No module named 'psycopg'`; `postgresql+psycopg2://` addresses work",
    pin: 'sqlalchemy<2.1',
  },
];
