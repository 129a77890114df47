/** The command that becomes a run's user before anything is run that a run or a package could have changed. */

const ENTER = `
import os, sys
uid, parent, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if uid >= 0:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
if parent:
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != parent:
        sys.exit(1)
os.umask(0o022)
os.execve(command[0], command, os.environ)
`;

export interface EnterOptions {
  /**
   * An interpreter that the machine's administrator installed. The environment's own python will not do: packages could have
   * replaced it, and until it has become another user it is root (in a sandbox without files, but with /proc/sys).
   */
  pythonPath: string;
  /** Null: stays who it is. */
  user: { uid: number; gid: number } | null;
  /** SIGKILL when this process, which must be the parent, dies; null: outlives it. */
  dieWithPid: number | null;
}

/** Argv that precedes a command with an absolute path; the command keeps the pid. */
export function buildEnterCommand({ pythonPath, user, dieWithPid }: EnterOptions): string[] {
  return [pythonPath, '-I', '-S', '-c', ENTER, String(user?.uid ?? -1), String(dieWithPid ?? 0)];
}
