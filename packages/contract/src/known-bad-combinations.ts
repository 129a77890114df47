/**
 * Versions of packages that install together and do not work together. Only what was reproduced is listed, with the newest versions that
 * were tried as upper bounds. docs/operate/known-bad-combinations.md has the same list; a test compares the two.
 */
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
