/** The Debian package on a machine with systemd: its service, and what a restart leaves running. */
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { ownerEmail, ownerPassword } from '../fixtures/server.ts';
import { buildPackage } from './build-package.ts';
import { startSystemdMachine, type SystemdMachine } from './systemd-machine.ts';

const unit = 'pumphouse-server.service';
const workerUnit = 'pumphouse-worker.service';
/** Long enough for a restart and a crash of the server. */
const job = `import time
for number in range(40):
    print('tick', number, flush=True)
    time.sleep(1)
print('done', flush=True)
`;
const admin = 'pumphouse-server admin';

let machine: SystemdMachine | null = null;
afterEach(async () => {
  await machine?.remove();
  machine = null;
});

/** A machine with the package, whose server is ready. */
async function installOn(release: 'bookworm' | 'trixie', variables = '') {
  const deb = await buildPackage('debian');
  const debian = await startSystemdMachine(release, [deb]);
  machine = debian;
  const url = `http://127.0.0.1:${await findFreePort()}`;
  await debian.write(
    `/etc/systemd/system/${unit}.d/port.conf`,
    `[Service]\nEnvironment=PUMPHOUSE_PORT=${new URL(url).port} PUMPHOUSE_APPS_PORT=0 ${variables}\n`,
  );
  const install = `apt-get install --yes --reinstall --no-install-recommends /${deb.split('/').at(-1)}`;
  await debian.run(install);
  const untilReady = () =>
    eventually(
      'the service is ready',
      async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true,
    );
  await untilReady();
  return { debian, url, install, untilReady };
}

/** Starts `job` in a new workspace, and waits until it runs. */
async function startJob(debian: SystemdMachine, url: string) {
  await debian.run(`echo '${ownerPassword}' | ${admin} create-owner --email ${ownerEmail} --password-stdin`);
  const key = (await debian.run(`${admin} create-key --email ${ownerEmail}`)).trim();
  const env = { RUNTIME__API_BASE_URL: url, RUNTIME__API_KEY: key };
  await debian.run('pumphouse init shop && cd shop && pumphouse workspace create shop', env);
  await debian.write('/shop/slow.py', job);
  await debian.run('cd shop && pumphouse launch slow.py', env);
  const readRuns = () => debian.run('cd shop && pumphouse run list', env);
  const readLog = () => debian.run('cd shop && pumphouse logs slow || true', env);
  await eventually('user code runs', async () => /tick 1\b/.test(await readLog()));
  return {
    expectCompleted: async (): Promise<void> => {
      await eventually('the run is over', async () => /slow #1 +completed/.test(await readRuns()));
      expect(await readLog()).toMatch(/tick 39\b[^]*done/);
    },
  };
}

it.each(['trixie', 'bookworm'] as const)(
  'on %s, installs a service whose runs survive its restart, its crash and an upgrade',
  { timeout: 1_200_000 },
  async (release) => {
    const { debian, url, install, untilReady } = await installOn(release);
    expect(await debian.run(`systemctl is-enabled ${unit}`)).toBe('enabled\n');
    expect(await debian.run(`systemctl is-enabled ${workerUnit} || true`)).toBe('disabled\n');
    const findings = await debian.run(`systemd-analyze verify ${unit} ${workerUnit} 2>&1`);
    // systemd 252 ignores it, and runs are not limited.
    const ignored = release === 'bookworm' ? /^(.*Unknown key 'DelegateSubgroup'.*, ignoring\.\n)+$/ : /^$/;
    expect(findings).toMatch(ignored);
    expect(await debian.run('stat --format="%a %U %G" /etc/pumphouse/*.env /var/lib/pumphouse')).toBe(
      '640 root pumphouse\n640 root pumphouse\n700 pumphouse pumphouse\n',
    );

    const { expectCompleted } = await startJob(debian, url);
    const findBootstraps = () => debian.run("pgrep --full '__main__.py /var/lib/pumphouse/attempts'");
    const bootstraps = await findBootstraps();
    await debian.run(`systemctl restart ${unit}`);
    await untilReady();
    await debian.run(`systemctl kill --kill-whom=main --signal=KILL ${unit}`);
    await eventually(
      'systemd has started the server again',
      async () => (await debian.run(`systemctl show --property NRestarts --value ${unit}`)).trim() === '1',
    );
    await untilReady();
    await debian.run(install);
    await untilReady();
    expect((await findBootstraps()).split('\n')).toEqual(expect.arrayContaining(bootstraps.split('\n')));
    await expectCompleted();

    await debian.run('apt-get purge --yes pumphouse');
    expect(await debian.run('pgrep --uid pumphouse || true')).toBe('');
    expect(await debian.run('test -e /etc/pumphouse || ls /var/lib/pumphouse')).toContain('secret.key');
  },
);

it.each(['trixie', 'bookworm'] as const)(
  'on %s, has a worker as a service, whose runs survive its restart',
  { timeout: 1_200_000 },
  async (release) => {
    const { debian, url } = await installOn(release, 'PUMPHOUSE_ROLES=api,scheduler');
    await debian.run(
      `umask 077; ${admin} create-worker --name edge-1 > /etc/pumphouse/worker-token
       echo 'PUMPHOUSE_SERVER_URL=${url}' > /etc/pumphouse/worker.env
       systemctl enable --now ${workerUnit}`,
    );
    const { expectCompleted } = await startJob(debian, url);
    const findBootstraps = () => debian.run("pgrep --full '__main__.py /var/lib/pumphouse-worker/attempts'");
    const bootstraps = await findBootstraps();
    await debian.run(`systemctl restart ${workerUnit}`);
    expect((await findBootstraps()).split('\n')).toEqual(expect.arrayContaining(bootstraps.split('\n')));
    await expectCompleted();
    expect(
      await debian.run(`cat /proc/$(systemctl show --property MainPID --value ${workerUnit})/cmdline`),
    ).not.toContain((await debian.run('cat /etc/pumphouse/worker-token')).trim());

    await debian.run('apt-get purge --yes pumphouse');
    expect(await debian.run('pgrep --uid pumphouse || true')).toBe('');
    expect(await debian.run(`find /etc/systemd -name ${workerUnit}`)).toBe('');
  },
);
