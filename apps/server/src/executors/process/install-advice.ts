/** Suggests how to install the process executor's dependencies on the current system. */
import { readFileSync } from 'node:fs';

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
