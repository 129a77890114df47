import { readRequirementLines, type RequirementFileError } from './requirement-lines.ts';

/**
 * Finds a line that builds do not follow although a resolver does, in a requirements file and the files it includes.
 * @param readFile returns the text of a file of the workspace by its path; undefined if there is none
 */
export async function findUnresolvable(
  file: string,
  readFile: (path: string) => Promise<string | undefined>,
): Promise<RequirementFileError | null> {
  const waiting = new Set([file]);
  // A set also iterates over what is added meanwhile, and keeps files that include each other out.
  for (const path of waiting) {
    const text = await readFile(path);
    if (text === undefined) continue;
    const { errors, includes } = readRequirementLines(text, path);
    const error = errors.find((one) => !one.isResolvable);
    if (error) return error;
    for (const include of includes) {
      const included = resolvePath(path, include);
      if (included !== null) waiting.add(included);
    }
  }
  return null;
}

/** Resolves a path relative to the file that names it; null outside of the workspace. */
function resolvePath(from: string, path: string): string | null {
  const resolved: string[] = [];
  if (/^(?:[/\\~]|[a-z][a-z0-9+.-]*:)/i.test(path)) return null;
  for (const part of [...from.split('/').slice(0, -1), ...path.split('/')]) {
    if (part === '..' && resolved.pop() === undefined) return null;
    if (part !== '..' && part !== '.' && part !== '') resolved.push(part);
  }
  return resolved.join('/');
}
