import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../fixtures/server.ts';

const everywhere = { PUMPHOUSE_HOST: '0.0.0.0' };

/** An address of this machine that is not loopback, if there is one. */
function findOuterAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

describe('a server configured to listen on all addresses', () => {
  it('does not start without an owner and a public URL, and says what to do', async () => {
    const start = startTestServer(everywhere);
    await expect(start).rejects.toThrow(
      /PUMPHOUSE_HOST is 0\.0\.0\.0[^]*admin create-owner[^]*PUMPHOUSE_PUBLIC_URL/,
    );
  });

  it('starts with both, and can be reached at every address of the machine', async () => {
    const first = await startTestServer();
    try {
      await first.end('SIGTERM');
      await expect(first.restart(everywhere)).rejects.toThrow(
        /yet:\n  PUMPHOUSE_PUBLIC_URL is not set[^\n]*\n$/,
      );
      const publicUrl = first.url.replace('127.0.0.1', 'localhost');
      const second = await first.restart({ ...everywhere, PUMPHOUSE_PUBLIC_URL: publicUrl });
      try {
        expect(second.url).toBe(publicUrl);
        const hosts = ['127.0.0.1', findOuterAddress()].filter((host) => host !== undefined);
        for (const host of hosts) {
          const answer = await fetch(`http://${host}:${new URL(first.url).port}/healthz`);
          expect(answer.status, host).toBe(200);
        }
      } finally {
        await second.end('SIGTERM');
      }
    } finally {
      await first.remove();
    }
  });
});
