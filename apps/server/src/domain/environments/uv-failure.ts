/*
 * Explains why uv failed, from its output. uv prints its progress, then one error: a line that starts with
 * `error:`, its causes below, and the build output if a source distribution does not build. Older releases
 * print the same as a tree.
 */

const maxCharacters = 2000;
/** Maximum lines of build output, which may be that of a compiler: the last lines show what failed. */
const maxBuildLines = 5;

const errorStart = /^\s*(?:error:|×)(?:\s+|$)/;
const causeStart = /^\s*(?:cause:|Caused by:|[├╰]─▶)\s*/;
const branch = /^\s*│?\s*/;
const sectionStart = /^\s*(?:\[(stdout|stderr)\]|--- (stdout|stderr))\s*$/;
const blockEnd = /^\s*(?:hint|warning|help):/;
/** uv's hint after an error, which alone tells that the package was not missing. */
const refusedCredentials =
  /An index URL \((\S+)\) could not be queried due to a lack of valid authentication credentials \((\d{3} \w+)\)/;
const progress =
  /^\s*(?:Using (?:Python|CPython|PyPy)\b|Creating virtual environment|Activate with|(?:Resolved|Prepared|Installed|Audited|Downloading|Downloaded|Building|Built|Updating|Updated|Cloning)\b|warning:)/;

/**
 * Joins the error that ended uv and its causes into one line, separated by colons. Empty if uv printed
 * nothing.
 * @param lines lines of stderr, or of stdout if stderr is empty
 */
export function explainUvFailure(lines: readonly string[]): string {
  const start = lines.findLastIndex((line) => errorStart.test(line));
  const text =
    start === -1
      ? joinText(lines.filter((line) => !progress.test(line)))
      : readError(lines.slice(start)).map(trimColon).filter(Boolean).join(': ');
  const refusal = refusedCredentials.exec(joinText(lines));
  if (refusal !== null) return `${cut(text)} ${describeRefusal(refusal)}`;
  return cut(text);
}

function describeRefusal([, address = '', status = '']: RegExpExecArray): string {
  return `The package index ${address} answered ${status}: check UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD of the workspace.`;
}

function cut(text: string): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters - 1)}…`.toWellFormed();
}

/** uv's message when its index has no version, or no allowed version, of a package; a pattern in Python too. */
export const missingVersionPattern = String.raw`there (?:is|are) no versions? of |\bonly .+ (?:is|are) available\b`;
const missingVersion = new RegExp(missingVersionPattern);

/** Reports whether uv failed because its index has no version, or no allowed version, of a package. */
export function lacksVersion(message: string): boolean {
  return missingVersion.test(message);
}

/** Splits an error into what failed, each cause, and the end of the build output. */
function readError(lines: readonly string[]): string[] {
  const causes: string[][] = [];
  const output = { stdout: [] as string[], stderr: [] as string[] };
  let section: 'stdout' | 'stderr' | null = null;
  for (const [index, line] of lines.entries()) {
    if (blockEnd.test(line.replace(branch, ''))) break;
    const opened = sectionStart.exec(line.replace(branch, ''));
    if (opened) section = (opened[1] ?? opened[2]) === 'stderr' ? 'stderr' : 'stdout';
    else if (index === 0) causes.push([line.replace(errorStart, '')]);
    else if (causeStart.test(line)) {
      section = null;
      causes.push([line.replace(causeStart, '')]);
    } else (section === null ? causes.at(-1) : output[section])?.push(line.replace(branch, ''));
  }
  const message = [output.stderr, output.stdout].map(withoutBlanks).find((each) => each.length > 0) ?? [];
  return [...causes.map(joinText), joinText(message.slice(-maxBuildLines))];
}

function withoutBlanks(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '');
}

function joinText(lines: readonly string[]): string {
  return lines.join(' ').replace(/\s+/g, ' ').trim();
}

function trimColon(text: string): string {
  return text.replace(/\s*:$/, '');
}
