import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '@pumphouse/client';
import type { Session } from '../session/session.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { open } from './open.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-open-'));
  const browser = `#!/bin/sh\nprintf '%s' "$1" > '${folder}/opened'\n`;
  await writeFile(join(folder, 'browser'), browser, { mode: 0o755 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The session of a login, on a server that issues swap codes and does nothing else. */
function openTestSession(printed: string[]): Session {
  const fetch: typeof globalThis.fetch = async (_input, init) => {
    expect(init?.body).toBe('{"refresh_token":"refresh"}');
    return Response.json({ swap_code: 'once only', expires_in: 60 });
  };
  const env = { BROWSER: join(folder, 'browser'), PATH: process.env['PATH'] };
  return {
    terminal: { ...openTerminal(process, { isQuiet: true }), env },
    serverUrl: 'https://pumphouse.example.com',
    credential: {
      kind: 'login',
      current: async () => 'token',
      refresh: async () => false,
      refreshToken: async () => 'refresh',
    },
    client: createClient({ baseUrl: 'https://pumphouse.example.com', fetch }),
    fetch,
    folder: null,
    workspaceId: async () => '8f69583e-3702-4a9a-9b35-eef8fa35fff9',
    show: (_data, render) => void printed.push(render()),
    isJson: false,
  };
}

it('signs the browser in with a code that is not printed', async () => {
  const printed: string[] = [];
  await open(openTestSession(printed), 'pipeline', 'shop', { browser: true });
  const page = 'https://pumphouse.example.com/w/8f69583e-3702-4a9a-9b35-eef8fa35fff9/pipelines/shop';
  expect(printed).toEqual([page]);
  const opened = () => readFile(join(folder, 'opened'), 'utf8').catch(() => '');
  await expect.poll(opened).toBe(`${page}?swap=once%20only`);
});
