import { isPlainObject } from '../primitives/plain-object.ts';
import { isLocalDataPath } from './local-data-path.ts';

const variableName = 'WORKSPACE__SETTINGS__LOCAL_DIR';

interface OwnSettings {
  /** The parsed configuration files that a run of the profile reads. */
  files: readonly { name: string; content: unknown }[];
  variables: readonly { name: string; value: string }[];
}

/**
 * Finds the folder in which a workspace wants its local files (`[workspace.settings] local_dir`), relative to the
 * workspace. Variables come before files, and the files of a profile before those of all. Null if it is the
 * usual one, or is not inside the workspace: there nothing can be kept.
 */
export function findLocalFolder({ files, variables }: OwnSettings): string | null {
  const isOfAll = ({ name }: { name: string }) => name === 'config.toml' || name === 'secrets.toml';
  const ordered = [...files.filter((file) => !isOfAll(file)), ...files.filter(isOfAll)];
  const set = [
    ...variables.filter(({ name }) => name === variableName).map(({ value }) => value),
    ...ordered.map(({ content }) => read(content, 'workspace', 'settings', 'local_dir')),
  ];
  const found = set.find((value) => typeof value === 'string' && value !== '');
  if (typeof found !== 'string' || found.startsWith('/')) return null;
  const path = found
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return isLocalDataPath(path) && path.split('/')[0] !== '.dlt' ? path : null;
}

function read(document: unknown, ...path: string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return document;
  return isPlainObject(document) ? read(document[key], ...rest) : undefined;
}
