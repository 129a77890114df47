import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';
import { followGuide } from './follow-guide.ts';
import { guides } from './guides.ts';
import { openLocalTerminals, type LocalTerminals } from './local-terminals.ts';
import { startShopPostgres, type ShopPostgres } from './shop-postgres.ts';

let terminals: LocalTerminals;
let postgres: ShopPostgres;
beforeAll(async () => {
  terminals = await openLocalTerminals();
  postgres = await startShopPostgres();
});
afterAll(async () => {
  await terminals.remove();
  await postgres.stop();
});

/** Differs from a reader's machine: the checkout, the ports, and a terminal that can redraw a line. */
const follow = (guide: (typeof guides)[number]) =>
  followGuide(guide, {
    ...terminals,
    administer: (code) => postgres.administer(code),
    replaced: {
      'cd ~/pumphouse\n': `cd ${repositoryFolder}\n`,
      'http://127.0.0.1:8080': terminals.url,
      'LOOPBACK_PORTS=5432': `LOOPBACK_PORTS=${postgres.port}`,
      'localhost:5432': `localhost:${postgres.port}`,
      'pumphouse login': 'TERM=xterm pumphouse login',
    },
  });

/** `npm run test:guides` does the same on a fresh Debian. */
describe('the guides work as pasted, in order', () => {
  const [quickstart, ...others] = guides;

  it('the quickstart takes less than five minutes', async () => {
    const startedAt = performance.now();
    await follow(quickstart);
    expect((performance.now() - startedAt) / 1000).toBeLessThan(300);
  });

  it.each(others)('$page', follow);
});
