/** Names that every workspace shows: dlt has them for its destinations. */
const destinations = (
  'athena bigquery clickhouse databricks destination dremio duckdb ducklake dummy fabric filesystem lance lancedb ' +
  'motherduck mssql postgres qdrant redshift snowflake sqlalchemy synapse weaviate'
).split(' ');

/**
 * Creates a test of whether a value is a name of the workspace, or words of one: `analytics` of the pipeline
 * `analytics_daily`. Masking such a value would make logs unreadable.
 */
export function createOwnNames(names: readonly string[]): (value: string) => boolean {
  const known = [...names, ...destinations].map(normalizeName).join('\n');
  return (value) => {
    const words = normalizeName(value);
    return words.trim() !== '' && known.includes(words);
  };
}

function normalizeName(name: string): string {
  return ` ${name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ')} `;
}
