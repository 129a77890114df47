/** The walk through every command of users, as tests. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startPumphouse,
  writeFiles,
  type CommandResult,
  type RunningCommand,
} from '../../fixtures/command.ts';
import { prepareHookedClient } from '../../fixtures/dlt-client.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';
import { planWalk, walkSecret } from './walk-steps.ts';
import type { Step, Walk } from './walk-step.ts';

/** Where the walk takes place; the fields are set before the first test. */
export interface WalkSite {
  server: TestServer;
  parentFolder: string;
  virtualEnvironment: string;
}

/** No test asks npm for the latest release. */
const unreachableRegistry = 'http://127.0.0.1:9';

/** The width of the terminal. */
export const columns = 80;
export const escape = '\u001B';
const planned = planWalk({ name: 'any', serverUrl: '', key: '' });

/** Opens a server, a folder and an environment for the tests of a file. */
export function openWalkSite(): WalkSite {
  const site = {} as WalkSite;
  beforeAll(async () => {
    site.parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-walk-'));
    site.server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
    site.virtualEnvironment = join((await prepareHookedClient()).python, '..', '..');
  });
  afterAll(async () => {
    await site.server.remove();
    await rm(site.parentFolder, { recursive: true, force: true });
  });
  return site;
}

/** Adds a test for each command: without a terminal, on one, or with `--json`. */
export function describeWalk(site: WalkSite, mode: 'plain' | 'terminal' | 'json'): void {
  describe(mode, () => {
    const isTerminal = mode === 'terminal';
    const parent = () => join(site.parentFolder, mode);
    const folder = () => join(parent(), 'shop');

    beforeAll(() => mkdir(parent(), { recursive: true }));

    function openWalk(): Walk {
      const { url, key } = site.server;
      const write = (files: Record<string, string>) => writeFiles(folder(), files);
      return { name: `shop-${mode}`, serverUrl: url, key, write };
    }

    function start(args: readonly string[], { isOutside = false, input = '' } = {}): RunningCommand {
      const home = join(parent(), 'home');
      return startPumphouse(args, {
        cwd: isOutside ? parent() : folder(),
        env: {
          HOME: home,
          PUMPHOUSE_LOGIN_DIR: join(home, '.dlt'),
          VIRTUAL_ENV: site.virtualEnvironment,
          npm_config_registry: unreachableRegistry,
        },
        ...(isTerminal ? { columns } : { input }),
      });
    }

    /** Runs a command to its end, and types what the step answers. */
    async function take(step: Step, args: readonly string[]): Promise<CommandResult> {
      const command = start(args, step);
      const { question, answers = question === undefined ? [] : [[question, 'y'] as const] } = step;
      for (const [shown, keys] of isTerminal ? answers : []) {
        await awaitText(command, shown);
        command.type(keys);
      }
      if (step.interruptAfter !== undefined) {
        await awaitText(command, step.interruptAfter);
        command.interrupt();
      }
      return command.result;
    }

    /** A question changes nothing if it is interrupted, or cannot be asked. */
    async function refuseQuestion({ question, unchanged }: Step, args: readonly string[]): Promise<void> {
      if (question === undefined) return;
      const asking = start(args);
      if (isTerminal) {
        await awaitText(asking, question);
        asking.interrupt();
      }
      const { code, stdout, stderr } = await asking.result;
      expect(stdout + stderr).toContain(isTerminal ? 'Nothing was changed' : 'not_confirmed');
      expect(code).toBe(isTerminal ? 130 : 2);
      if (unchanged) expect((await start(unchanged[0]).result).stdout).toMatch(unchanged[1]);
    }

    it.each(planned.map(({ command }, index) => [`${index + 1}. ${command}`, index] as const))(
      '%s',
      async (_, index) => {
        const walk = openWalk();
        const step = planWalk(walk)[index];
        if (!step) throw new Error('The walk has no such step');
        await step.prepare?.(walk);
        const { command, args = [], elsewhere = [], question, hasNoData = false } = step;
        const typed = [...command.split(' '), ...args, ...(isTerminal ? [] : elsewhere)];
        const given = mode === 'json' ? [...typed, '--json'] : typed;
        await refuseQuestion(step, given);
        const isAsked = question !== undefined && isTerminal;
        const result = await take(step, question === undefined || isAsked ? given : [...given, '--yes']);
        const printed = result.stdout + result.stderr;
        expect(printed).toMatch(step.text);
        expect(result.code, printed).toBe(step.code ?? 0);
        expect(result.raw).not.toContain(walkSecret);
        expect(result.raw).not.toContain(site.server.key);
        if (!isTerminal) expect(result.raw).not.toContain(escape);
        if (isTerminal && /list|status/.test(command)) expectFits(result.stdout);
        if (mode === 'json' && result.code === 0 && !hasNoData) expectJson(result.stdout);
      },
    );
  });
}

/** Waits until a command has printed a text. */
export function awaitText(command: RunningCommand, text: string): Promise<unknown> {
  return eventually(`"${text}" is shown`, () => command.printed().includes(text));
}

/** Rows of tables fit; messages are prose, which terminals wrap. */
function expectFits(printed: string): void {
  const rows = printed.split(/\r?\n/).filter((line) => /\S {2,}\S/.test(line));
  for (const row of rows) expect(row.length, row).toBeLessThanOrEqual(columns);
}

/** One value, or one value in each line. */
function expectJson(printed: string): void {
  if (canParse(printed)) return;
  for (const line of printed.trimEnd().split('\n')) expect(canParse(line), line).toBe(true);
}

function canParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
