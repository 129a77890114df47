import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guide } from './guides.ts';
import type { PasteTerminal } from './terminal.ts';
import { createPerson } from '../fixtures/agree-to-sign-in.ts';
import { eventually } from '../fixtures/eventually.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { ownerEmail, repositoryFolder } from '../fixtures/server.ts';
import { readPageSteps, type PageStep } from './page-steps.ts';
import { setUp, signIn } from './paste-readme.ts';

/** Where a page is followed. */
export interface Reader {
  server: PasteTerminal;
  client: PasteTerminal;
  /** Texts of pages, and what replaces them because the machine is not a reader's own. */
  replaced: Readonly<Record<string, string>>;
  /** Does a block that has `sudo`. Default: it is pasted. */
  administer?(code: string, terminal: PasteTerminal): Promise<void>;
  /** Called after each step. */
  onStep?(step: string, seconds: number): void;
}

const readyLine = /^Pumphouse is ready at /m;

/**
 * Does what a page says, to its end, and checks the result.
 * @throws Error at the first step that fails
 */
export async function followGuide(guide: Guide, reader: Reader): Promise<void> {
  const markdown = await readFile(join(repositoryFolder, 'docs', `${guide.page}.md`), 'utf8');
  const steps = readPageSteps(replaceTexts(markdown, reader.replaced));
  const from = reader.client.output().length;
  const timed = async (name: string, work: Promise<unknown>) => {
    const startedAt = performance.now();
    await work;
    reader.onStep?.(name, (performance.now() - startedAt) / 1000);
  };
  const { before, followUp } = guide;
  if (before) await timed('before', runBefore(reader.client, guide.page, before, steps));
  for (const step of steps) await timed(nameStep(step), takeStep(step, reader));
  if (followUp) await timed(`run of ${followUp.job}`, awaitFollowUp(reader.client, followUp));
  requireText(reader.client.output().slice(from), guide.shows ?? /(?:)/);
}

function replaceTexts(markdown: string, replaced: Reader['replaced']): string {
  return Object.entries(replaced).reduce((text, [find, other]) => text.replaceAll(find, other), markdown);
}

function nameStep(step: PageStep): string {
  if (step.kind === 'open') return `open: ${step.text}`;
  if (step.kind !== 'paste') return `${step.kind}: ${step.name}`;
  return `${step.terminal}: ${step.code.trim().split('\n').at(-1)}`;
}

async function takeStep(step: PageStep, reader: Reader): Promise<void> {
  const { server, client } = reader;
  if (step.kind === 'before') return;
  if (step.kind === 'open') return openPrinted(client, step.text);
  if (step.kind === 'file') return void (await client.paste(writeFile(step.name, step.content)));
  const { code } = step;
  const terminal = step.terminal === 'server' ? server : client;
  if (/\bsudo\b/.test(code) && reader.administer) return reader.administer(code, terminal);
  if (/pumphouse server$/m.test(code)) return startServer(server, code);
  if (code.includes('pumphouse login')) return void (await signIn(client, code));
  await terminal.paste(code);
}

function writeFile(name: string, content: string): string {
  return `cat > ${name} <<'END_OF_FILE'\n${content}END_OF_FILE\n`;
}

/** Starts the server, and creates the owner at the first start. A running server is stopped with Ctrl+C. */
async function startServer(server: PasteTerminal, code: string): Promise<void> {
  const isRunning = readyLine.test(server.output());
  if (isRunning) server.interrupt();
  const from = server.start(code);
  await server.waitFor(readyLine, from);
  if (isRunning) return;
  const [, link = ''] = await server.waitFor(/^Set up Pumphouse at (\S+)$/m, from);
  const browser = await launchBrowser();
  try {
    await setUp(browser, link);
  } finally {
    await browser.close();
  }
}

/** Opens the address that the terminal printed last, signed in, and waits for a text. */
async function openPrinted(client: PasteTerminal, text: string): Promise<void> {
  const url = client
    .output()
    .match(/https?:\/\/\S+/g)
    ?.at(-1);
  if (url === undefined) throw new Error('No address was printed.');
  const person = await createPerson(ownerEmail);
  try {
    await person.see(url, text);
  } finally {
    await person.close();
  }
}

/** Runs the files of "Before" with the product that the reader leaves, in a folder and an environment of their own. */
async function runBefore(
  client: PasteTerminal,
  page: string,
  before: NonNullable<Guide['before']>,
  steps: readonly PageStep[],
): Promise<void> {
  const folder = `~/before-${page.replace('/', '-')}`;
  await client.paste(`mkdir -p ${folder} && cd ${folder}`);
  for (const step of steps) {
    const isThere = step.kind === 'before' || (step.kind === 'file' && before.kept?.includes(step.name));
    if (isThere) await client.paste(writeFile(step.name, step.content));
  }
  const output = await client.paste(
    `python3 -m venv .venv && . .venv/bin/activate\npip install --quiet ${before.packages}\n${before.command}\ndeactivate\n`,
  );
  requireText(output, before.shows);
}

/** Waits for a run that a trigger starts, in the workspace of the current folder, and reads its log. */
async function awaitFollowUp(
  client: PasteTerminal,
  { job, shows }: NonNullable<Guide['followUp']>,
): Promise<void> {
  const row = new RegExp(`\\b${job}\\b.*completed|completed.*\\b${job}\\b`);
  await eventually(
    `a run of ${job} completed`,
    async () => row.test(await client.paste('pumphouse run list')),
    { timeoutSeconds: 300 },
  );
  requireText(await client.paste(`pumphouse run logs ${job}`), new RegExp(shows));
}

function requireText(output: string, pattern: RegExp): void {
  if (!pattern.test(output)) throw new Error(`The terminal does not show ${pattern.source}:\n${output}`);
}
