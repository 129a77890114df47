import { expect, it } from 'vitest';
import { openTerminal } from './terminal.ts';

function openWith({ out, err }: { out: boolean; err: boolean }) {
  const written = { stdout: '', stderr: '' };
  const open = (name: 'stdout' | 'stderr', isTTY: boolean) => ({
    isTTY,
    write: (text: string) => (written[name] += text),
  });
  const owner = {
    env: {},
    cwd: () => '/',
    stdin: { isTTY: true },
    stdout: open('stdout', out),
    stderr: open('stderr', err),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a terminal uses of a process
  return { terminal: openTerminal(owner as unknown as NodeJS.Process, { isQuiet: false }), written };
}

it.each([
  { out: true, err: true },
  { out: true, err: false },
  { out: false, err: true },
  { out: false, err: false },
])('colours only what goes to a terminal: %o', ({ out, err }) => {
  const { terminal, written } = openWith({ out, err });
  terminal.print(terminal.tone('bad', 'data'));
  terminal.note(terminal.tone('bad', 'note'));
  terminal.alert(terminal.tone('bad', 'alert'));
  expect(written.stdout).toBe(out ? '\u001B[31mdata\u001B[39m\n' : 'data\n');
  const isMessageColoured = out && err;
  expect(written.stderr.includes('\u001B')).toBe(isMessageColoured);
  expect(written.stderr).toContain('note');
});
