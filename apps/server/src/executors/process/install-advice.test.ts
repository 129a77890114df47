import { expect, it } from 'vitest';
import { adviseInstall, adviseLimits } from './install-advice.ts';

it.each([
  ['Debian', 'PRETTY_NAME="Debian"\nID=debian\n', 'Install it: sudo apt-get install passt'],
  ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\n', 'Install it: sudo apt-get install passt'],
  ['Linux Mint', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'Install it: sudo apt-get install passt'],
  ['Fedora', 'ID=fedora\n', 'Install it: sudo dnf install passt'],
  ['Rocky Linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'Install it: sudo dnf install passt'],
  ['Arch', 'ID=arch\n', 'Install it: sudo pacman -S passt'],
  ['another system', 'ID=alpine\n', 'Install the package passt of your system'],
  ['a system without the file', '', 'Install the package passt of your system'],
])('suggests the command for %s', (_name, osRelease, advice) => {
  expect(adviseInstall('passt', osRelease)).toBe(advice);
});

it("uses each system's package names", () => {
  expect(adviseInstall('python', 'ID=debian\n')).toContain('python3 python3-venv');
  expect(adviseInstall('python', 'ID=arch\n')).toMatch(/pacman -S python$/);
});

it('says in two lines how runs get limits: now, and for a server that stays', () => {
  const [now, later, ...others] = adviseLimits({ isRoot: false, hasSystemd: true }).split('\n');
  expect(now).toContain('systemd-run --user');
  expect(now).toContain('-p Delegate=yes -p DelegateSubgroup=server');
  expect(later).toContain('Debian package');
  expect(others).toEqual([]);
  expect(adviseLimits({ isRoot: true, hasSystemd: true })).not.toContain('--user');
});

it('names no command of systemd on a machine without it', () => {
  const advice = adviseLimits({ isRoot: true, hasSystemd: false });
  expect(advice).not.toContain('systemd-run');
  expect(advice).toContain('docs/operate/process-executor.md');
});
