/** Advice on what dlt itself refuses: missing values, packages, names and schema contracts. */
import { deployAgain, findRaised, raisedIn, readName, startAgain, type Advise } from './raised-error.ts';

const ofDlt = (names: string) => new RegExp(`^dlt\\.[\\w.]{1,100}\\.(${names})$`);

export const adviseOnDlt: Advise = (error) =>
  adviseOnMissingValue(error) ??
  adviseOnWrongValue(error) ??
  adviseOnMissingExtra(error) ??
  adviseOnNames(error) ??
  adviseOnData(error);

const adviseOnMissingValue: Advise = (error) => {
  const missing = findRaised(error, ofDlt('ConfigFieldMissingException'))?.message;
  if (missing === undefined) return null;
  const field = readName(missing, /^Missing \d+ field\(s\) in configuration `[^`]{1,100}`: `([^`]+)`/);
  if (field === null) return null;
  const name = chooseVariable(missing, field);
  if (name === null) return null;
  return `Set the missing value \`${field}\` with \`pumphouse variable set ${name} --secret\`, or add it to \`.dlt/secrets.toml\` and deploy; ${startAgain}`;
};

/** Chooses the name that works for one source or destination, whatever the pipeline is called. */
function chooseVariable(message: string, field: string): string | null {
  const names = [...message.matchAll(/\(Environment Variables, (\w{1,200})\)/g)].map(([, name = '']) => name);
  const chosen = names.find((name) => /^(SOURCES|DESTINATION)__/.test(name)) ?? names.at(-1) ?? null;
  const isOneField = !/with missing field\(s\): `[^`]{1,100}`,/.test(message);
  if (chosen === null || isOneField) return chosen;
  // All fields of the credentials are missing: they are one value too.
  const part = `__${field.toUpperCase()}__`;
  return chosen.includes(part) ? chosen.slice(0, chosen.indexOf(part) + part.length - 2) : chosen;
}

const adviseOnWrongValue: Advise = (error) => {
  const message = findRaised(error, ofDlt('ConfigValueCannotBeCoercedException'))?.message ?? '';
  const field = readName(message, /^Configured value for field `([^`]+)`/);
  return field === null
    ? null
    : `Correct the value of \`${field}\` in the configuration or the variables: it has another type; ${startAgain}`;
};

const adviseOnMissingExtra: Advise = (error) => {
  const message = findRaised(error, ofDlt('MissingDependencyException'))?.message ?? '';
  const requirement = readName(message, /pip install "?([^"\n]+)"?/);
  if (requirement === null) return null;
  return `Add \`${requirement}\` to \`requirements.txt\` or \`pyproject.toml\`, ${deployAgain}`;
};

const adviseOnNames: Advise = (error) => {
  const destination = findRaised(error, ofDlt('UnknownDestinationModule'));
  if (destination)
    return `Correct the name of the destination: dlt has none named ${quote(readName(destination.message, /^Destination '([^']+)'/))}; ${deployAgain}`;
  if (findRaised(error, ofDlt('CannotRestorePipelineException')))
    return `Run a job that loads with this pipeline first, or give \`dlt.attach()\` its destination and dataset; ${startAgain}`;
  const table = readName(error.main.message, /^"?Table `([^`]+)` not found on dataset/);
  return raisedIn(error.main).includes('/site-packages/dlt/dataset/') && table !== null
    ? `Correct the name of the table \`${table}\`, or load it first; ${startAgain}`
    : null;
};

const adviseOnData: Advise = (error) => {
  if (findRaised(error, ofDlt('DataValidationError')))
    return `The schema contract does not allow this change: correct the source, or allow the change with \`schema_contract\`; ${startAgain}`;
  const cursor = findRaised(error, ofDlt('IncrementalCursorPathMissing'));
  if (cursor)
    return `Some items have no ${quote(readName(cursor.message, /JSON path `([^`]+)`/))}: correct the cursor of the incremental, or set \`on_cursor_value_missing\`; ${deployAgain}`;
  return findRaised(error, ofDlt('InvalidResourceDataType'))
    ? `Give dlt a list, a generator or a resource: one item alone goes into a list; ${deployAgain}`
    : null;
};

function quote(name: string | null): string {
  return name === null ? 'such name' : `\`${name}\``;
}
