import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestEngine } from '../fixtures/container-engine.ts';

/** An empty package index, which builds in containers query before the public one. */
export type PrivateIndex = Awaited<ReturnType<typeof startPrivateIndex>>;

/** @param isHeld it responds only after it is released */
export async function startPrivateIndex({ isHeld = false } = {}) {
  const passwords: string[] = [];
  let held: ServerResponse[] | null = isHeld ? [] : null;
  const server = createServer((request, response) => {
    const encoded = request.headers.authorization?.replace('Basic ', '') ?? '';
    passwords.push(Buffer.from(encoded, 'base64').toString().split(':')[1] ?? '');
    response.statusCode = 404;
    if (held === null) response.end();
    else held.push(response);
  });
  // The gateway of a network is an address of this machine only while a container exists.
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    /** Settings with which a server's builds can reach the index, which listens on the engine's machine. */
    settings: { PUMPHOUSE_RUNS_LOOPBACK_PORTS: String(port) },
    /** Passwords of its callers so far. */
    passwords: () => passwords,
    /** Value of UV_INDEX for builds on an engine that has already had a run. */
    describeUrl: async (engine: TestEngine, password: string): Promise<string> =>
      `http://reader:${password}@${await findGateway(engine)}:${port}/simple`,
    release(): void {
      for (const response of held ?? []) response.end();
      held = null;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The address at which containers of runs and builds reach this machine. */
async function findGateway(engine: TestEngine): Promise<string> {
  const choice = ['--filter', 'label=pumphouse.installation', '--format', '{{.Name}}'];
  const [network = ''] = (await engine.call(['network', 'ls', ...choice])).split('\n');
  const described = await engine.call(['network', 'inspect', network]);
  const gateway = /"gateway": "([\d.]+)/i.exec(described)?.[1];
  if (gateway === undefined) throw new Error(`The network has no gateway: ${described}`);
  return gateway;
}
