/** Rules for paths and links in an archive. Everything that unpacks an archive relies on them. */
import path from 'node:path';
import { ArchiveError, quoteName } from './archive-error.ts';

const MAX_PATH_BYTES = 1024;
const MAX_PART_BYTES = 255;
const MAX_PARTS = 100;

/**
 * Throws `archive_unsafe` unless the path is a plain relative POSIX path: no empty part, `.` or `..`, not
 * absolute, no backslash (a separator on other systems) and no NUL, short enough for a Linux file system.
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
 * Throws `archive_unsafe` unless the link stays inside the root. `..` is allowed only at the start: after a
 * folder that is itself a link, it would climb from that link's target, which a check of the text cannot see.
 * No entry lies below a link, so the leading ones climb real folders.
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

/** Collects the paths of one archive, to reject those that cannot coexist in one folder. */
export interface PathRegistry {
  /**
   * Throws `archive_unsafe` for a duplicate path, a path below an entry that is a file or a link, or a path
   * that is itself a folder of others. Paths that differ only in case are distinct: runs use case-sensitive
   * Linux file systems.
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
