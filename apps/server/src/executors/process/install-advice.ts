/** How to install what the process executor needs, in the words of the system that it runs on. */
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

/** @param osRelease content of /etc/os-release. @returns a sentence without its full stop: a command to copy ends it */
export function adviseInstall(name: SystemPackage, osRelease = readOsRelease()): string {
  const system = findSystem(osRelease);
  if (system === null) return `Install the package ${packageNames[name].debian} of your system`;
  return `Install it: ${commands[system]} ${packageNames[name][system]}`;
}

/** The family of a distribution: its own id, else the first that it says to be like. */
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
