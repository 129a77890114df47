/** Detects that files of the machine have changed which a template has seen at its start. */
import { statSync } from 'node:fs';

/** A sandbox binds each of these files, and keeps the one of its start. */
const FILES = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/localtime', '/etc/ld.so.cache'];

/** @param paths further files, such as the interpreter */
export function readMachineSignature(paths: readonly string[]): string {
  return [...FILES, ...paths].map(describeFile).join(' ');
}

function describeFile(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.dev}:${stat.ino}:${stat.mtimeMs}`;
}
