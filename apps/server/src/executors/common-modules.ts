/** Modules that most runs import soon after dlt; an environment need not have them. */
export const COMMON_MODULES = [
  'dlt.hub.run',
  'dlt._workspace._plugins',
  'dlt._workspace.cli._plugins',
  'dlt._workspace.helpers.runtime.runtime_artifacts',
  'dlt.sources.helpers.requests',
  'encodings.idna',
  'stringprep',
  'importlib.readers',
  'html',
  'pendulum.locales.en.locale',
  'duckdb',
  'dlt.destinations.impl.duckdb.duck',
  'dlt.destinations.impl.duckdb.sql_client',
  'dlt.destinations.insert_job_client',
  'dlt.common.libs.sql_alchemy_compat',
];
