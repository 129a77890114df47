import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { buildProgram } from 'pumphouse-command/program/build-program.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { listLeafCommands } from '../house/command-reference.ts';
import { formatCast, parseCast, readScreenText, readTypedCommands, shortenWaits } from './cast.ts';
import { firstRunCastPath, firstRunPagePath, writeFirstRunPage } from './first-run-page.ts';

const clearLine = '\r\u001B[2K';

describe('the recording of a first run', () => {
  it('is a valid asciicast, and the page shows its text', async () => {
    const file = await readFile(firstRunCastPath, 'utf8');
    const cast = parseCast(file);
    expect(formatCast(cast)).toBe(file);
    expect(await readFile(firstRunPagePath, 'utf8')).toBe(writeFirstRunPage(cast));
  });

  it('types commands and options that exist, and ends with a completed run', async () => {
    const { events } = parseCast(await readFile(firstRunCastPath, 'utf8'));
    const typed = readTypedCommands(events).filter((command) => command.startsWith('pumphouse '));
    expect(typed.length).toBeGreaterThan(3);
    for (const command of typed) expect(findUnknownOptions(command), command).toEqual([]);
    expect(readScreenText(events)).toMatch(/✓ .* completed/);
  });

  it('contains no path of the machine and no secret', async () => {
    const text = readScreenText(parseCast(await readFile(firstRunCastPath, 'utf8')).events);
    expect(text).not.toMatch(/\/(?:tmp|root)\b|dlt_u_|dlt_sa_/);
    expect(text).not.toContain(repositoryFolder);
  });
});

describe('a recording', () => {
  it('has short waits, and only the last state of a line that was redrawn', () => {
    const events = [
      { seconds: 1, text: 'a\r\n' },
      { seconds: 2, text: `${clearLine}1 s` },
      { seconds: 9, text: `${clearLine}8 s` },
      { seconds: 10, text: `${clearLine}b\r\n` },
    ];
    expect(shortenWaits(events)).toEqual([
      { seconds: 1, text: 'a\r\n' },
      { seconds: 2.5, text: `${clearLine}8 s` },
      { seconds: 3.5, text: `${clearLine}b\r\n` },
    ]);
    expect(readScreenText(events)).toBe('a\nb\n');
  });

  it.each([
    ['no head', '[0, "o", "a"]\n'],
    ['another version', '{"version": 3, "width": 80, "height": 24, "title": "a"}\n'],
    ['an event of another kind', '{"version": 2, "width": 80, "height": 24, "title": "a"}\n[0, "x", "a"]\n'],
    [
      'time that runs back',
      '{"version": 2, "width": 80, "height": 24, "title": "a"}\n[2, "o", "a"]\n[1, "o", "b"]\n',
    ],
  ])('is rejected with %s', (_, file) => {
    expect(() => parseCast(file)).toThrow(/^(The first line|Line)/);
  });
});

/** The options of a typed command that it does not have; the command itself if it does not exist. */
function findUnknownOptions(typed: string): string[] {
  const words = typed.split(' ').slice(1);
  const leaf = listLeafCommands()
    .filter((command) => `${words.join(' ')} `.startsWith(`${command} `))
    .toSorted((one, other) => other.length - one.length)[0];
  if (leaf === undefined) return [typed];
  const program = buildProgram({ owner: process, setExitCode: () => undefined });
  const levels = [program];
  for (const word of leaf.split(' ')) {
    const next = levels.at(-1)?.commands.find((each) => each.name() === word);
    if (next) levels.push(next);
  }
  const options = levels.flatMap((level) => level.options);
  return words
    .filter((word) => word.startsWith('-'))
    .filter((word) => !options.some(({ short, long }) => word === short || word === long));
}
