import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import { createEngineFixture, type EngineFixture } from './testing/engine-fixture.ts';
import type { DockerExecutor } from './docker-executor.ts';

/** Reports the user, privileges and access of user code, as observed by itself. */
const observer = `
import json, os, socket, urllib.request

def can_write(folder):
    try:
        path = os.path.join(folder, "written")
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
        return True
    except OSError:
        return False

def can_write_to(path):
    try:
        with open(path, "w") as file:
            file.write("written to " + path)
        return True
    except OSError:
        return False

def signals(pid):
    try:
        os.kill(pid, 0)
        return True
    except OSError:
        return False

def can_read(path):
    try:
        with open(path, "rb") as file:
            file.read(1)
        return True
    except OSError:
        return False

def reaches(address):
    try:
        socket.create_connection(tuple(address), timeout=2).close()
        return True
    except OSError:
        return False

status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
root = [line.split() for line in open("/proc/self/mountinfo") if line.split()[4] == "/"][0]
report = {
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "capabilities": [status["CapEff"], status["CapPrm"], status["CapBnd"]],
    "noNewPrivileges": status["NoNewPrivs"],
    "rootIsReadOnly": "ro" in root[5].split(","),
    "writable": [folder for folder in ("/", "/usr", "/etc", "/environment", "/opt/pumphouse", "/local-data", "/tmp", os.getcwd()) if can_write(folder)],
    "ofBootstrap": [name for name in ("environ", "mem", "maps", "fd/0") if can_read(f"/proc/1/{name}")],
    "bootstrapUid": os.stat("/proc/1").st_uid,
    "record": [can_write("/attempt/record"), can_read("/attempt/record/spool"), can_read("/attempt/record/redirect")],
    "endsBootstrap": signals(1),
    "output": [can_write_to(f"/dev/{name}") for name in ("stdout", "stderr")],
    "namedUser": __import__("getpass").getuser(),
    "reached": [name for name, address in json.loads(os.environ["ADDRESSES"]).items() if reaches(address)],
}
body = json.dumps(report).encode()
urllib.request.urlopen(urllib.request.Request(os.environ["REPORT_URL"], body, method="POST")).read()
`;

for (const kind of await findInstalledEngines()) {
  describe(`a run in a container of ${kind}`, () => {
    let context: EngineFixture;
    let executor: DockerExecutor;
    let environment: AttemptSpec['environment'];

    beforeAll(async () => {
      context = await createEngineFixture(kind);
      executor = context.createExecutor();
      environment = await executor.buildEnvironment(context.describeEnvironment(), () => undefined);
    });
    afterAll(() => context.close());

    async function observe(): Promise<object> {
      const served = { program: observer, variables: { ADDRESSES: '{}' } };
      const spec = context.describeAttempt(served, environment);
      const handle = await executor.start(spec);
      const report = (await context.routes.awaitReport(spec.attemptId)) as object;
      await executor.stop(handle, { graceSeconds: 1 });
      await executor.remove(handle);
      return report;
    }

    it('has no privileges, and can write only to its own volumes', async () => {
      const none = '0000000000000000';
      // Capabilities of the bootstrap: without new privileges no other process can acquire them.
      const ofBootstrap = '00000000000010e0';
      expect(await observe()).toMatchObject({
        user: [60_910, 60_910, []],
        capabilities: [none, none, ofBootstrap],
        noNewPrivileges: '1',
        rootIsReadOnly: true,
        writable: ['/local-data', '/tmp', '/attempt/work/my-workspace'],
        ofBootstrap: [],
        bootstrapUid: 0,
        record: [false, false, false],
        endsBootstrap: false,
        output: [true, true],
        namedUser: 'pumphouse',
      });
    });
  });

  describe.each([
    { egress: true, reached: ['gateway', 'machine'] },
    { egress: false, reached: ['gateway'] },
  ])(`the network of runs on ${kind}, egress: $egress`, ({ egress, reached }) => {
    it(`leads to ${reached.join(' and ')}`, async () => {
      const context = await createEngineFixture(kind, { network: { name: null, egress } });
      try {
        const { hostname: gateway, port } = new URL(context.url);
        // The port is open, so that only the egress setting makes the difference.
        const executor = context.createExecutor({ openPorts: [Number(port)] });
        const environment = await executor.buildEnvironment(context.describeEnvironment(), () => undefined);
        const addresses = { gateway: [gateway, Number(port)], machine: [findOwnAddress(), Number(port)] };
        const served = { program: observer, variables: { ADDRESSES: JSON.stringify(addresses) } };
        const spec = context.describeAttempt(served, environment);
        await executor.start(spec);
        expect(await context.routes.awaitReport(spec.attemptId)).toMatchObject({ reached });
      } finally {
        await context.close();
      }
    });
  });
}

/** An address of this machine outside of container networks: responses are routed there too. */
function findOwnAddress(): string {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    /^(lo|ph|podman|docker|br-|veth)/.test(name) ? [] : (list ?? []),
  );
  const own = addresses.find(({ family }) => family === 'IPv4');
  if (own === undefined) throw new Error('This machine has no address of its own to be reached at.');
  return own.address;
}
