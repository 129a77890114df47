/** Which paths and links an archive may hold. Everything that unpacks an archive relies on these rules. */
import path from 'node:path';
import { ArchiveError, quoteName } from './archive-error.ts';

const MAX_PATH_BYTES = 1024;
const MAX_PART_BYTES = 255;
const MAX_PARTS = 100;

/**
 * Throws `archive_unsafe` unless the path is a plain relative POSIX path: no empty part, `.` or `..`, not absolute, no
 * backslash (a separator elsewhere) and no NUL, short enough for a Linux file system.
 */
export function checkEntryPath(entryPath: string): void {
  const parts = entryPath.split('/');
  const problem = findPathProblem(entryPath, parts);
  if (problem === undefined) return;
  throw unsafe(entryPath, problem, 'Rename or remove the file and upload again.');
}

function findPathProblem(entryPath: string, parts: string[]): string | undefined {
  if (entryPath === '') return 'has an empty name';
  if (entryPath.includes('\0')) return 'has a NUL character in its name';
  if (entryPath.includes('\\')) return 'has a backslash in its name';
  if (entryPath.startsWith('/')) return 'has an absolute name';
  if (parts.includes('..')) return 'has ".." in its name';
  if (parts.includes('') || parts.includes('.')) return 'has an empty or "." part in its name';
  if (Buffer.byteLength(entryPath) > MAX_PATH_BYTES) return `has a name of more than ${MAX_PATH_BYTES} bytes`;
  if (parts.length > MAX_PARTS) return `lies more than ${MAX_PARTS} folders deep`;
  if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) {
    return `has a part of more than ${MAX_PART_BYTES} bytes in its name`;
  }
  return undefined;
}

/**
 * Throws `archive_unsafe` unless the link stays inside the root. `..` may stand at the start only: behind a folder that
 * is itself a link it would climb from where that link leads, which no check of the text can see. Since no entry lies
 * below a link, the leading ones climb real folders.
 */
export function checkLinkTarget(linkPath: string, target: string): void {
  const problem = findTargetProblem(linkPath, target);
  if (problem === undefined) return;
  throw unsafe(linkPath, problem, 'Replace the link by a file or by a link inside the workspace.');
}

function findTargetProblem(linkPath: string, target: string): string | undefined {
  if (target === '') return 'is a link to nothing';
  if (target.includes('\0') || target.includes('\\')) {
    return 'is a link whose target has a NUL or a backslash in it';
  }
  if (Buffer.byteLength(target) > MAX_PATH_BYTES) {
    return `is a link to a name of more than ${MAX_PATH_BYTES} bytes`;
  }
  if (target.startsWith('/')) return `is a link to the absolute path ${quoteName(target)}`;
  const parts = target.split('/');
  const climbs = parts.findIndex((part) => part !== '..');
  if (climbs >= 0 && parts.slice(climbs).includes('..')) {
    return `is a link whose target ${quoteName(target)} has ".." behind a folder name`;
  }
  const resolved = path.posix.join(path.posix.dirname(linkPath), target);
  return resolved === '..' || resolved.startsWith('../')
    ? `is a link to ${quoteName(target)}, outside the workspace`
    : undefined;
}

/** Remembers the paths of one archive, to refuse those that cannot all be files of one folder. */
export interface PathRegistry {
  /**
   * Throws `archive_unsafe` for a path that is there already, lies below an entry that is a file or a link, or is itself
   * a folder of others. Paths that differ in case only are different: runs use case-sensitive Linux file systems.
   */
  add(entryPath: string): void;
}

export function createPathRegistry(): PathRegistry {
  const entries = new Set<string>();
  const folders = new Set<string>();
  return {
    add(entryPath) {
      if (entries.has(entryPath)) {
        throw unsafe(entryPath, 'is in the archive twice', 'Build the archive again.');
      }
      if (folders.has(entryPath)) {
        throw unsafe(entryPath, 'is a file and also a folder of others', 'Build the archive again.');
      }
      for (const folder of listFolders(entryPath)) {
        if (entries.has(folder)) {
          const what = `lies below ${quoteName(folder)}, which is a file or a link`;
          throw unsafe(entryPath, what, 'Build the archive again.');
        }
        folders.add(folder);
      }
      entries.add(entryPath);
    },
  };
}

function listFolders(entryPath: string): string[] {
  const parts = entryPath.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

function unsafe(entryPath: string, problem: string, advice: string): ArchiveError {
  return new ArchiveError('archive_unsafe', `The entry ${quoteName(entryPath)} ${problem}. ${advice}`);
}
