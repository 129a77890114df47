import { isJsonObject } from './json-object.ts';

/** The minor versions of Python that dlt supports, newest first. */
export const supportedPythons: readonly string[] = ['3.14', '3.13', '3.12', '3.11', '3.10'];

/** The Python of a workspace, as the requirements that a client sends name it. */
export interface RequestedPython {
  /** With `requires_python`, this is what servers of an earlier release use. */
  python_version: string;
  /** The server uses the newest installed version that this allows. */
  requires_python?: string;
}

const anyPython = '>=3.10';

/**
 * Reads which Python the files of a workspace name: that of `.python-version`, else any that `requires-python` of
 * `pyproject.toml` allows, else any.
 */
export function chooseRequestedPython(pyproject: unknown, pythonVersion: string): RequestedPython {
  const named = readPythonVersion(pythonVersion);
  if (named !== undefined) return { python_version: named };
  const project = isJsonObject(pyproject) ? pyproject['project'] : undefined;
  const declared = isJsonObject(project) ? project['requires-python'] : undefined;
  const requires = typeof declared === 'string' ? declared : anyPython;
  const earlier = ['3.12', ...supportedPythons].find((minor) => allowsPython(requires, minor)) ?? '3.12';
  return { python_version: earlier, requires_python: requires };
}

/** The minor version that the text of `.python-version` names; undefined if it names none. */
function readPythonVersion(text: string): string | undefined {
  return /^\s*(?:cpython[-@])?(3\.\d{1,2})\b/.exec(text)?.[1];
}

/**
 * Reports whether some release of a minor version (`3.12`) satisfies `requires-python` (PEP 440). A part that is not
 * understood excludes nothing: uv reports it when it resolves.
 */
export function allowsPython(requires: string, minor: string): boolean {
  const own = Number(minor.split('.')[1]);
  return requires.split(',').every((part) => {
    const [, operator, major, named, rest = ''] = partPattern.exec(part) ?? [];
    if (operator === undefined) return true;
    const bound = named === undefined ? firstMinor(Number(major)) : Number(named);
    return fits(own, { operator, bound, isMajor: named === undefined, hasPatch: /^\.\d/.test(rest) });
  });
}

const partPattern = /^\s*(>=|<=|===?|~=|!=|<|>)\s*(\d+)(?:\.(\d+))?((?:\.(?:\d+|\*))*)\s*$/;

/** Python 4 is after, and Python 2 before every minor version of Python 3. */
function firstMinor(major: number): number {
  if (major === 3) return 0;
  return major > 3 ? Infinity : -1;
}

interface Part {
  operator: string;
  bound: number;
  /** No minor version is named, as in `>=3` and `==3.*`. */
  isMajor: boolean;
  /** A patch release is named, so others of the minor version are on the other side of the bound. */
  hasPatch: boolean;
}

function fits(own: number, { operator, bound, isMajor, hasPatch }: Part): boolean {
  switch (operator) {
    case '>=':
    case '>':
      return own >= bound;
    case '<':
      return own < bound || (hasPatch && own === bound);
    case '<=':
      return own <= bound;
    case '!=':
      return hasPatch || isMajor || own !== bound;
    case '~=':
      return hasPatch ? own === bound : own >= bound;
    default:
      return isMajor || own === bound;
  }
}
