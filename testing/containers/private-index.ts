import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestEngine } from '../fixtures/container-engine.ts';

/** A package index without a package, which builds in containers are sent to before the public one. */
export type PrivateIndex = Awaited<ReturnType<typeof startPrivateIndex>>;

/** @param isHeld it answers nothing until it is released */
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
  // The gateway of a network is an address of this machine only while a container is there.
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    /** What a server needs so that its builds reach the index, which listens on the machine of the engine. */
    settings: { PUMPHOUSE_RUNS_LOOPBACK_PORTS: String(port) },
    /** Those of its callers so far. */
    passwords: () => passwords,
    /** What UV_INDEX is set to, for builds of an engine that has had a run already. */
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

/** Containers of runs and builds meet this machine there. */
async function findGateway(engine: TestEngine): Promise<string> {
  const choice = ['--filter', 'label=pumphouse.installation', '--format', '{{.Name}}'];
  const [network = ''] = (await engine.call(['network', 'ls', ...choice])).split('\n');
  const described = await engine.call(['network', 'inspect', network]);
  const gateway = /"gateway": "([\d.]+)/i.exec(described)?.[1];
  if (gateway === undefined) throw new Error(`The network has no gateway: ${described}`);
  return gateway;
}
