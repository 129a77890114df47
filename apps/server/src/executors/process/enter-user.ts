/**
 * Builds the command that switches to a run's user before it runs anything that a run or a package could have
 * changed.
 */

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
   * An interpreter installed by the machine's administrator. The environment's own Python is not safe,
   * because packages could have replaced it: it would run as root until the switch (in a sandbox without
   * files, but with /proc/sys).
   */
  pythonPath: string;
  /** Null keeps the current user. */
  user: { uid: number; gid: number } | null;
  /** Pid of the parent, whose death kills the command with SIGKILL; null lets it outlive the parent. */
  dieWithPid: number | null;
}

/** Argv that precedes a command with an absolute path; the command keeps the pid. */
export function buildEnterCommand({ pythonPath, user, dieWithPid }: EnterOptions): string[] {
  return [pythonPath, '-I', '-S', '-c', ENTER, String(user?.uid ?? -1), String(dieWithPid ?? 0)];
}
