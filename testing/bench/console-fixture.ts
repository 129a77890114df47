import type { Browser, BrowserContext } from 'playwright-core';
import type { TestServer } from '../fixtures/server.ts';

/** A server with a long history, and a browser in which its owner is signed in to the console. */
export interface ConsoleFixture {
  server: TestServer;
  browser: Browser;
  /** Cookies and storage of the owner, for contexts without a cache. */
  state: Awaited<ReturnType<BrowserContext['storageState']>>;
  workspaceUrl: string;
}
