/** Decides whether a settings file is safe from other users of the machine. Pure. */
import type { FileSetting } from './read-entries.ts';

/** What `stat` reports. */
export interface FileAccess {
  mode: number;
  uid: number;
}

interface Access {
  file: FileAccess;
  /** The folder of the file. */
  folder: FileAccess;
  /** The user of this process; null if the system has no such ids. */
  userId: number | null;
}

const otherRead = 0o004;
const otherWrite = 0o002;
const groupWrite = 0o020;
const sticky = 0o1000;

/**
 * A user who can change the file decides which programs the server runs and where its data goes.
 * @returns what makes the file unsafe, and what to do; null if only root and this user can change it
 */
export function findWriteProblem(path: string, { file, folder, userId }: Access): string | null {
  if (userId === null) return null;
  if (file.uid !== 0 && file.uid !== userId)
    return `${path} belongs to another user (id ${file.uid}), who could change the settings. Make root or the user of the server its owner: chown root ${path}`;
  if (file.mode & (groupWrite | otherWrite))
    return `${path} can be changed by other users. Let only its owner write to it: chmod go-w ${path}`;
  if (folder.mode & otherWrite && !(folder.mode & sticky))
    return `${path} can be replaced by other users, because all of them can write to its folder. Move it to another folder, or run: chmod o-w on the folder.`;
  return null;
}

/**
 * A file with secrets must not be readable by all users of the machine.
 * @returns what is wrong and what to do; null if there is no secret in it, or others cannot read it
 */
export function findReadProblem(
  path: string,
  { mode }: FileAccess,
  found: readonly FileSetting[],
): string | null {
  if (!(mode & otherRead)) return null;
  const secrets = found.filter(isPlainSecret).map(({ setting }) => setting.key);
  if (secrets.length === 0) return null;
  return (
    `${path} can be read by all users of this machine, and has secrets in it: ${secrets.join(', ')}. ` +
    `Run chmod o-r ${path}, or put each secret into a file of its own: docs/operate/settings.md lists the keys.`
  );
}

function isPlainSecret({ setting, text }: FileSetting): boolean {
  return setting.secret === 'value' || Boolean(URL.parse(text)?.password);
}
