/** Advice on statements that a database refused, and on database files that cannot be opened. */
import { runFailures } from '../run-failures.ts';
import { deployAgain, findRaised, nameSystem, startAgain, type Advise } from './raised-error.ts';

/** DuckDB 2 names the module of its exceptions `_duckdb`, earlier releases `duckdb.duckdb`. */
const ofDuckdb = (names: string) => new RegExp(`^(_duckdb|duckdb(\\.duckdb)?)\\.(${names})$`);
const ofPostgres = (names: string) => new RegExp(`^psycopg2?\\.errors\\.(${names})$`);

export const adviseOnDatabases: Advise = (error) =>
  adviseOnDuckdbFile(error) ?? adviseOnStatement(error) ?? adviseOnRows(error) ?? adviseOnTransaction(error);

const adviseOnDuckdbFile: Advise = (error) => {
  if (findRaised(error, ofDuckdb('OutOfMemoryException'))) return runFailures.out_of_memory.nextStep;
  const message = findRaised(error, ofDuckdb('IOException'))?.message ?? '';
  if (/created with a newer version|version number \d+, but we can only read/.test(message)) {
    return (
      'The database file was written by a newer DuckDB, and older ones cannot read it: require that version or a later one in your requirements and deploy again. ' +
      'To stay with the older version, keep a copy with `pumphouse data download` and start empty with `pumphouse data reset`, then load the data again.'
    );
  }
  if (message.includes('Could not set lock on file'))
    return `Another process has the database file open: close it there, or let the jobs that use the file load with the same pipeline; ${startAgain}`;
  if (message.includes('not a valid DuckDB database file'))
    return `Correct the path of the database: this file is not one of DuckDB; ${deployAgain}`;
  return /Cannot open file|No files found/.test(message)
    ? `Correct the path: there is no such file or folder where the run works. Relative paths begin in the workspace folder; ${deployAgain}`
    : null;
};

const adviseOnStatement: Advise = (error) => {
  const isMissing =
    findRaised(
      error,
      ofPostgres('UndefinedTable|UndefinedColumn|InvalidSchemaName|UndefinedFunction|UndefinedObject'),
    ) ?? findRaised(error, ofDuckdb('CatalogException|BinderException'));
  const isWrong =
    findRaised(error, ofPostgres('SyntaxError')) ??
    findRaised(error, ofDuckdb('ParserException|SyntaxException'));
  // The SQL of dlt itself is correct: the database has changed since the last load.
  if (nameSystem(error) === 'destination' || error.userLine === null) return null;
  if (isWrong) return `Correct the SQL that \`${error.userLine}\` runs; ${deployAgain}`;
  return isMissing
    ? `Correct the name in the SQL that \`${error.userLine}\` runs, or load the table first; ${deployAgain}`
    : null;
};

const adviseOnRows: Advise = (error) => {
  const isRefused =
    findRaised(error, ofPostgres('\\w+Violation')) ?? findRaised(error, ofDuckdb('ConstraintException'));
  if (isRefused)
    return `A constraint of the table refuses the rows: correct the rows, or change the constraint in the database; ${startAgain}`;
  const isOfOtherType =
    findRaised(
      error,
      ofPostgres(
        'InvalidTextRepresentation|NumericValueOutOfRange|InvalidDatetimeFormat|StringDataRightTruncation',
      ),
    ) ?? findRaised(error, ofDuckdb('ConversionException|OutOfRangeException'));
  return isOfOtherType
    ? `A value does not fit the type of its column: correct the value, or give the column another type; ${startAgain}`
    : null;
};

const adviseOnTransaction: Advise = (error) => {
  const system = nameSystem(error);
  if (findRaised(error, ofPostgres('InsufficientPrivilege')))
    return `Grant this permission to the user of the connection, in the database of the ${system}; ${startAgain}`;
  if (findRaised(error, ofPostgres('ReadOnlySqlTransaction')))
    return `The database does not accept changes: connect to one that does, not to a replica; ${startAgain}`;
  if (findRaised(error, ofPostgres('QueryCanceled')))
    return `The database ended the statement: read less with one statement, or raise \`statement_timeout\`; ${startAgain}`;
  return findRaised(error, ofPostgres('LockNotAvailable|DeadlockDetected|SerializationFailure'))
    ? 'Another transaction uses the same rows or tables: start the job again when it has ended.'
    : null;
};
