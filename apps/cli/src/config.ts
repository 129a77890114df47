import {
  buildConfig,
  ConfigError,
  explainOrigins,
  formatProblem,
  listValues,
  readSources,
  writeExample,
  type ListedValue,
  type SettingProblem,
} from '@pumphouse/server/operator';
import { formatTable } from './table.ts';

interface OutputOptions {
  json?: true;
}

/** Checks all settings without starting anything. The exit code is 1 if the server would not start with them. */
export function checkConfig(options: OutputOptions): void {
  try {
    const sources = readSources(process.env);
    const { warnings } = explainOrigins(sources, () => buildConfig(sources.variables));
    const values = listValues(sources).filter(({ source }) => source !== 'default');
    const { file, overridden } = sources;
    if (options.json) return printJson({ ok: true, file, values, overridden, warnings, problems: [] });
    const notes = [...overridden.map(describeOverridden), ...warnings].map((note) => `warning: ${note}\n`);
    const count = `The settings are valid: ${values.length} set, the others have their defaults.\n`;
    process.stdout.write(`${describeFile(file)}${formatValues(values)}${notes.join('')}${count}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reportProblems(error, options);
  }
}

/** Shows the value of every setting, and where it comes from. */
export function showConfig(options: OutputOptions): void {
  const sources = readSources(process.env);
  const values = listValues(sources);
  if (options.json) printJson({ file: sources.file, values });
  else process.stdout.write(`${describeFile(sources.file)}${formatValues(values)}`);
}

/** Prints a settings file with every setting in a comment. */
export function printExample(): void {
  process.stdout.write(writeExample());
}

function reportProblems(error: ConfigError, { json }: OutputOptions): void {
  process.exitCode = 1;
  if (json) return printJson({ ok: false, problems: error.problems });
  const lines = error.problems.map(formatProblem);
  process.stderr.write(`${lines.join('\n')}\nThe settings are not valid: the server would not start.\n`);
}

function describeFile(file: string | null): string {
  return file === null ? 'There is no settings file.\n' : `Settings file: ${file}\n`;
}

function describeOverridden({
  key,
  variable,
  position,
}: { key: string; variable: string } & PositionOf): string {
  return `${position.file}:${position.line}: ${key} is not used, because the variable ${variable} is set.`;
}

type PositionOf = { position: NonNullable<SettingProblem['position']> };

function formatValues(values: readonly ListedValue[]): string {
  if (values.length === 0) return '';
  const rows = values.map(({ key, value, ...origin }) => [key, describeOrigin(origin), value ?? '']);
  return formatTable([['setting', 'from', 'value'], ...rows]);
}

function describeOrigin({
  source,
  variable,
  position,
}: Pick<ListedValue, 'source' | 'variable' | 'position'>) {
  if (position !== null) return `${position.file}:${position.line}`;
  return source === 'variable' ? variable : 'default';
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
