/** A file that declares packages in a way that nobody can install. Its message begins with the file. */
export class RequirementFileError extends Error {
  readonly nextStep: string;
  /** Whether nothing is missing where a resolver such as uv has read the file, because it follows the line. */
  readonly isResolvable: boolean;

  constructor(message: string, nextStep: string, { isResolvable = true } = {}) {
    super(message);
    this.name = 'RequirementFileError';
    this.nextStep = nextStep;
    this.isResolvable = isResolvable;
  }
}

export interface RequirementLine {
  text: string;
  /** The file, line and column, such as `requirements.txt:2:1`. */
  place: string;
}

/** What a requirements file declares, and the errors of the lines that would be missing. */
export interface RequirementsFile {
  lines: RequirementLine[];
  errors: RequirementFileError[];
  /** The files that it refers to, as it names them. */
  includes: string[];
}

interface LogicalLine {
  text: string;
  /** Where each physical line begins in the text. */
  starts: { offset: number; line: number }[];
}

interface Fault {
  offset: number;
  message: string;
  nextStep: string;
  isResolvable?: boolean;
}

const otherFile = /^(?:-[rc]|--(?:requirement|constraint)(?![a-z-]))/;
const editable = /^(?:-e|--editable(?![a-z-]))/;
/** The workspace itself, whose code runs from its folder. */
const ownProject = /^(?:-e|--editable)[\s=]*\.\/?$/;
/** The public index, from which packages come without any option. */
const publicIndex = /^(?:-i|--index-url)[\s=]*https:\/\/pypi\.org\/simple\/?$/;
const privateIndex =
  'Declare the index in pyproject.toml, as docs/concepts/private-indexes.md shows, and list the packages there.';
const variable = (names: string) =>
  `Remove the line, and set the variable ${names} of the workspace if needed.`;
/** Options of an installer. Builds on the server do not read them, so left out they would change what is installed. */
const installerOptions: readonly (readonly [option: RegExp, nextStep: string])[] = [
  [/^(?:-i|--(?:index-url|pypi-url|extra-index-url)(?![a-z-]))/, privateIndex],
  [/^--no-index(?![a-z-])/, variable('UV_NO_INDEX')],
  [/^(?:-f|--find-links(?![a-z-]))/, variable('UV_FIND_LINKS')],
  [/^--trusted-host(?![a-z-])/, variable('UV_INSECURE_HOST')],
  [/^--no-binary(?![a-z-])/, variable('UV_NO_BINARY or UV_NO_BINARY_PACKAGE')],
  [/^--(?:only|prefer)-binary(?![a-z-])/, variable('UV_NO_BUILD or UV_NO_BUILD_PACKAGE')],
  [/^--pre(?![a-z-])/, 'Remove the line, and name the pre-releases, such as "name>=2.0b1".'],
  [/^--(?:require-hashes|use-feature)(?![a-z-])/, 'Remove the line.'],
];
const directUrl = /^(?:(?:git|hg|svn|bzr)\+)?[a-z][a-z0-9.-]*:\/\/\S+/y;
const name = String.raw`[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`;
const version = String.raw`(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+`;
const versions = String.raw`${version}(?:\s*,\s*${version})*(?:\s*,)?`;
/** A marker and hashes. */
const ending = /\s*(?:;\s*\S.*?)?(?:\s+--hash[=\s]\s*\S+)*$/y;
/** The parts of a requirement (PEP 508) in their order; each continues where the one before has ended. */
const requirementParts = [
  new RegExp(name, 'y'),
  new RegExp(String.raw`\s*(?:\[\s*(?:${name}(?:\s*,\s*${name})*)?\s*\])?`, 'y'),
  new RegExp(String.raw`\s*(?:@\s*\S+|\(\s*${versions}\s*\)|${versions})?`, 'y'),
  ending,
];

/**
 * Reads a `requirements.txt` without comments. A line that cannot be used is an error: left out, packages would be
 * missing in runs, or come from another index.
 */
export function readRequirementLines(text: string, file: string): RequirementsFile {
  const read: RequirementsFile = { lines: [], errors: [], includes: [] };
  for (const logical of joinLines(text)) {
    const content = logical.text.replace(/(^|\s)#.*$/, '');
    const line = content.trim();
    if (line === '' || ownProject.test(line) || publicIndex.test(line)) continue;
    if (refersToOtherFile(line)) read.includes.push(line.replace(otherFile, '').replace(/^[\s=]*/, ''));
    const indent = content.length - content.trimStart().length;
    const fault = findFault(line);
    const place = `${file}:${describePlace(logical, indent + (fault?.offset ?? 0))}`;
    if (fault === null) read.lines.push({ text: line, place });
    else read.errors.push(new RequirementFileError(`${place}: ${fault.message}`, fault.nextStep, fault));
  }
  return read;
}

/** Reports whether a line includes a requirements file or constraints. */
export function refersToOtherFile(line: string): boolean {
  return otherFile.test(line);
}

function findFault(line: string): Fault | null {
  if (refersToOtherFile(line)) {
    return {
      offset: 0,
      message: 'the line refers to another file, which is not read.',
      nextStep: 'Write the lines of that file into this one, or declare all packages in pyproject.toml.',
    };
  }
  if (editable.test(line)) {
    return {
      offset: 0,
      message: 'the line installs a project in editable mode, which is not possible on the server.',
      nextStep: 'Name a released version, or put the code of the project into the workspace.',
      isResolvable: false,
    };
  }
  const option = installerOptions.find(([pattern]) => pattern.test(line));
  if (option) {
    const message = 'the line is an option of an installer, which builds on the server do not read.';
    return { offset: 0, message, nextStep: option[1], isResolvable: false };
  }
  const offset = findEndOfRequirement(line);
  if (offset === line.length) return null;
  return {
    offset,
    message: 'the line is not a requirement.',
    nextStep: 'Write it as "name", "name[extra]>=1.0" or "name @ https://...", one on each line.',
  };
}

/** Returns the offset of the first character that does not belong to a requirement. */
function findEndOfRequirement(line: string): number {
  let end = 0;
  for (const part of isMatch(directUrl, line) ? [directUrl, ending] : requirementParts) {
    part.lastIndex = end;
    if (!part.test(line)) return end + (/^\s*/.exec(line.slice(end))?.[0].length ?? 0);
    end = part.lastIndex;
  }
  return end;
}

function isMatch(sticky: RegExp, line: string): boolean {
  sticky.lastIndex = 0;
  return sticky.test(line);
}

/** Joins continued lines. A line that is only a comment continues nowhere, as for pip. */
function joinLines(text: string): LogicalLine[] {
  const joined: LogicalLine[] = [];
  let open: LogicalLine | null = null;
  for (const [index, physical] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const current: LogicalLine = open ?? { text: '', starts: [] };
    current.starts.push({ offset: current.text.length, line: index + 1 });
    const continues = physical.endsWith('\\') && !/^\s*#/.test(physical);
    current.text += continues ? physical.slice(0, -1) : physical;
    open = continues ? current : null;
    if (open === null) joined.push(current);
  }
  return open === null ? joined : [...joined, open];
}

/** The line and column in the file, from 1. */
function describePlace({ starts }: LogicalLine, offset: number): string {
  const start = starts.findLast((one) => one.offset <= offset) ?? { offset: 0, line: 1 };
  return `${start.line}:${offset - start.offset + 1}`;
}
