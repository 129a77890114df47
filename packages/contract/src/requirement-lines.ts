/** A line that nobody can install from, and where it is. */
interface RequirementProblem {
  /** What is wrong, as a full sentence that begins with the file, line and column. */
  message: string;
  nextStep: string;
}

export type RequirementLines = { lines: string[]; problem: null } | { lines: null; problem: RequirementProblem };

interface LogicalLine {
  text: string;
  /** Where each physical line begins in the text. */
  starts: { offset: number; line: number }[];
}

const otherFile = /^(-[rc]|--(requirement|constraint)s?(?![a-z-]))/;
const otherProject = /^(-e|--editable(?![a-z-]))(?![\s=]*\.\/?$)/;
const name = String.raw`[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`;
const version = String.raw`(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+`;
const versions = String.raw`${version}(?:\s*,\s*${version})*\s*,?`;
/** The parts of a requirement (PEP 508) in their order; each continues where the one before has ended. */
const requirementParts = [
  new RegExp(name, 'y'),
  new RegExp(String.raw`\s*(?:\[\s*(?:${name}(?:\s*,\s*${name})*)?\s*\])?`, 'y'),
  new RegExp(String.raw`\s*(?:@\s*\S+|\(\s*${versions}\s*\)|${versions})?`, 'y'),
  // A marker, and what an installer reads of its own after it, such as `--hash`.
  /\s*(?:;\s*\S.*?)?(?:\s--[a-z].*)?$/y,
];

/**
 * Reads the lines of a `requirements.txt`, without comments and without options that concern only the installer.
 * A line that would name packages and cannot be used is a problem: left out, its packages would be missing.
 */
export function readRequirementLines(text: string, file: string): RequirementLines {
  const lines: string[] = [];
  for (const logical of joinLines(text)) {
    const content = logical.text.replace(/(^|\s)#.*$/, '');
    const line = content.trim();
    const fault = findFault(line);
    if (fault !== null) {
      const place = describePlace(logical, content.length - content.trimStart().length + fault.offset);
      return { lines: null, problem: { message: `${file}:${place}: ${fault.message}`, nextStep: fault.nextStep } };
    }
    if (line !== '' && !line.startsWith('-')) lines.push(line);
  }
  return { lines, problem: null };
}

interface Fault {
  offset: number;
  message: string;
  nextStep: string;
}

function findFault(line: string): Fault | null {
  if (line === '') return null;
  if (otherFile.test(line)) {
    return {
      offset: 0,
      message: 'the line refers to another file, which is not read.',
      nextStep: 'Write the lines of that file here, or declare all dependencies in pyproject.toml.',
    };
  }
  if (otherProject.test(line)) {
    return {
      offset: 0,
      message: 'the line installs a project in editable mode, which is not possible on the server.',
      nextStep: 'Name a released version, or put the code of the project into the workspace.',
    };
  }
  const offset = line.startsWith('-') ? line.length : findEndOfRequirement(line);
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
  for (const part of requirementParts) {
    part.lastIndex = end;
    if (!part.test(line)) return end + (/^\s*/.exec(line.slice(end))?.[0].length ?? 0);
    end = part.lastIndex;
  }
  return end;
}

function joinLines(text: string): LogicalLine[] {
  const joined: LogicalLine[] = [];
  let open: LogicalLine | null = null;
  for (const [index, physical] of text.replace(/^\uFEFF/, '').split(/\r?\n/).entries()) {
    const current: LogicalLine = open ?? { text: '', starts: [] };
    current.starts.push({ offset: current.text.length, line: index + 1 });
    const continues = physical.endsWith('\\');
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
