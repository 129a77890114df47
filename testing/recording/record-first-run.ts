/** `npm run docs:cast`: records a first run, from `pumphouse init` on, for the docs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPerson, type Person } from '../fixtures/agree-to-sign-in.ts';
import { installCommand, type InstalledCommand } from '../fixtures/node-root.ts';
import { ownerEmail, repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';
import { formatCast, shortenWaits, type CastEvent } from './cast.ts';
import { firstRunCastPath, firstRunPagePath, shownServerUrl, writeFirstRunPage } from './first-run-page.ts';

const terminalPath = join(repositoryFolder, 'testing', 'fixtures', 'terminal.py');
const [columns, rows] = [80, 40];
const keySeconds = 0.04;
const pauseSeconds = 0.8;

interface Recording {
  server: TestServer;
  person: Person;
  installed: InstalledCommand;
  events: CastEvent[];
}

/** What a new user types, and in which folder. */
const session: readonly (readonly [typed: string, folder: string])[] = [
  ['pumphouse init shop', '/home/you'],
  ['cd shop', '/home/you'],
  [`pumphouse login --server ${shownServerUrl}`, '/home/you/shop'],
  ['pumphouse workspace create shop', '/home/you/shop'],
  ['pumphouse launch pipeline.py -f', '/home/you/shop'],
  ['pumphouse status', '/home/you/shop'],
];

await record();

async function record(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-recording-'));
  const server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
  const person = await createPerson(ownerEmail);
  try {
    const events: CastEvent[] = [];
    const recording = { server, person, installed: await installCommand(folder), events };
    for (const [typed, cwd] of session) await addCommand(recording, typed, cwd);
    typeText(events, '$ ', '');
    const cast = { title: 'A first run with pumphouse', columns, rows, events: shortenWaits(events) };
    await writeFile(firstRunCastPath, formatCast(cast));
    await writeFile(firstRunPagePath, writeFirstRunPage(cast));
  } finally {
    await person.close();
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Types a command and records what it prints; `cd` prints nothing. */
async function addCommand(recording: Recording, typed: string, cwd: string): Promise<void> {
  typeText(recording.events, '$ ', typed);
  const [program, ...args] = typed.split(' ');
  if (program === 'pumphouse') await runCommand(recording, args, cwd);
}

/** Adds a prompt and the keys that a user would press. */
function typeText(events: CastEvent[], prompt: string, typed: string): void {
  let seconds = (events.at(-1)?.seconds ?? 0) + pauseSeconds;
  events.push({ seconds, text: prompt });
  for (const [index, key] of typed.split('').entries()) {
    seconds += index === 0 ? pauseSeconds : keySeconds;
    events.push({ seconds, text: key });
  }
  if (typed !== '') events.push({ seconds: seconds + pauseSeconds / 2, text: '\r\n' });
}

async function runCommand(recording: Recording, args: readonly string[], cwd: string): Promise<void> {
  const { server, installed, person, events } = recording;
  const env = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  const enter = await installed.enter({ cwd, env });
  const given = args.map((arg) => arg.replace(shownServerUrl, server.url));
  const child = spawn('python3', [terminalPath, String(columns), ...enter, ...given], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const startedAt = performance.now();
  const baseSeconds = events.at(-1)?.seconds ?? 0;
  const agreements: Promise<unknown>[] = [];
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const seconds = baseSeconds + (performance.now() - startedAt) / 1000;
    events.push({ seconds, text: text.replaceAll(server.url, shownServerUrl) });
    printed += text;
    const url = /Visit (http\S+)\r\n/.exec(printed)?.[1];
    if (url !== undefined && agreements.length === 0) agreements.push(person.agree(url));
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await Promise.all(agreements);
  if (code !== 0) throw new Error(`pumphouse ${args.join(' ')} ended with code ${code}:\n${printed}`);
}
