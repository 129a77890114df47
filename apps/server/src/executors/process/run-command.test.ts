import { expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

const variables = { PATH: '/usr/bin:/bin' };

it('does not wait for background processes of a command, and ends them', async () => {
  const result = await runCommand(['/bin/sh', '-c', 'sleep 600 & echo $!; exit 3'], { variables });
  expect(result.code).toBe(3);
  const left = Number(result.stdout[0]);
  await expect.poll(() => isRunning(left)).toBe(false);
}, 60_000);

it('returns all output of a command that ends at once', async () => {
  const result = await runCommand(['/bin/sh', '-c', 'seq 150; seq 151 200 >&2'], { variables });
  expect(result.stdout).toHaveLength(150);
  expect(result.stderr).toHaveLength(50);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
