/** Suggests how to install the process executor's dependencies on the current system, and how runs get limits. */
import { existsSync, readFileSync } from 'node:fs';

type SystemPackage = 'passt' | 'bubblewrap' | 'python';
type System = 'debian' | 'fedora' | 'arch';

const commands: Record<System, string> = {
  debian: 'sudo apt-get install',
  fedora: 'sudo dnf install',
  arch: 'sudo pacman -S',
};

const packageNames: Record<SystemPackage, Record<System, string>> = {
  passt: { debian: 'passt', fedora: 'passt', arch: 'passt' },
  bubblewrap: { debian: 'bubblewrap', fedora: 'bubblewrap', arch: 'bubblewrap' },
  python: { debian: 'python3 python3-venv', fedora: 'python3', arch: 'python' },
};

/**
 * @param osRelease content of /etc/os-release
 * @returns a sentence without a full stop, because it ends with a command to copy
 */
export function adviseInstall(name: SystemPackage, osRelease = readOsRelease()): string {
  const system = findSystem(osRelease);
  if (system === null) return `Install the package ${packageNames[name].debian} of your system`;
  return `Install it: ${commands[system]} ${packageNames[name][system]}`;
}

export interface LimitsAdviceInput {
  isRoot: boolean;
  /** Whether systemd is the first process of the machine. */
  hasSystemd: boolean;
}

/** Says in two lines how runs of a server that has no control group to divide get limits. */
export function adviseLimits({ isRoot, hasSystemd }: LimitsAdviceInput = readMachine()): string {
  if (!hasSystemd)
    return 'Only a service of systemd, or a container engine, limits runs: docs/operate/process-executor.md#limits';
  const options = '--pty --same-dir -E PATH -p KillMode=process -p Delegate=yes -p DelegateSubgroup=server';
  return (
    `Stop this server, and start it with systemd 254 or newer: systemd-run${isRoot ? '' : ' --user'} ${options} bin/pumphouse server\n` +
    'For a server that stays, install the Debian package, whose service has limits: docs/operate/install.md#debian-package'
  );
}

function readMachine(): LimitsAdviceInput {
  return { isRoot: process.getuid?.() === 0, hasSystemd: existsSync('/run/systemd/system') };
}

/** The family of a distribution: from its own id, otherwise the first match in its ID_LIKE. */
function findSystem(osRelease: string): System | null {
  const valueOf = (key: string) => new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const families: Record<string, System> = {
    debian: 'debian',
    ubuntu: 'debian',
    fedora: 'fedora',
    rhel: 'fedora',
    arch: 'arch',
  };
  const ids = [valueOf('ID'), ...valueOf('ID_LIKE').split(' ')];
  return ids.map((id) => families[id]).find((system) => system !== undefined) ?? null;
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
