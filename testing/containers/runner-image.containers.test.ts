import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintBootstrap } from '../../apps/server/src/executors/docker/bootstrap-fingerprint.ts';
import { importDebianBase } from '../../deploy/images/debian-base.ts';
import { buildRunnerImage } from '../../deploy/images/runner-image.ts';
import pythonTools from '../../scripts/python-tools.json' with { type: 'json' };
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { preparedMinors, runnerImageName } from '../fixtures/engine-images.ts';
import { repositoryFolder } from '../fixtures/server.ts';

const engines = await findInstalledEngines();
const python = '/opt/pumphouse/bin/python';
const lastUid = 61180;
/** The options of the docker executor. */
const confined = [
  '--rm',
  '--read-only',
  '--user=60910:60910',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--tmpfs=/tmp:rw,nosuid,nodev,size=64m',
  '--network=none',
];

describe.each(engines)('on %s', (kind) => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine(kind);
  });
  afterAll(() => engine.close());

  describe.each(preparedMinors)('the runner image for Python %s', (minor) => {
    const image = runnerImageName(minor);
    const run = (command: string[], options: string[] = []) =>
      engine.call(['run', ...confined, ...options, image, ...command]);
    const runPython = (code: string, options: string[] = []) => run([python, '-I', '-c', code], options);

    it('describes itself and its bootstrap in its labels', async () => {
      const labels = JSON.parse(
        await engine.call(['image', 'inspect', '--format', '{{json .Config.Labels}}', image]),
      ) as unknown;
      expect(labels).toMatchObject({
        'pumphouse.runner': '1',
        'pumphouse.python': minor,
        'pumphouse.base': expect.stringMatching(`^localhost/pumphouse-debian-python:${minor}-`) as string,
        'pumphouse.bootstrap': await fingerprintBootstrap(
          join(repositoryFolder, 'python/pumphouse_bootstrap'),
        ),
      });
    });

    it('contains the same bootstrap, compiled, and is read-only', async () => {
      const files = await run(['find', '/opt/pumphouse/pumphouse_bootstrap', '-name', '*.pyc']);
      expect(files).toMatch(/__main__\.cpython-3\d+\.pyc/);
      const code = `
import importlib.util, sys
sys.path.insert(0, '/opt/pumphouse')
import pumphouse_bootstrap.recording as module
sources = importlib.util.cache_from_source(module.__file__)
print(open(sources, 'rb').read()[4])`;
      // 1: hash-based and unchecked, because the engine sets the source's timestamp.
      expect(await runPython(code)).toBe('1');
      await expect(run(['touch', '/opt/pumphouse/pumphouse_bootstrap/own.py'])).rejects.toThrow(/Read-only/i);
      await expect(run(['touch', '/root-file'])).rejects.toThrow(/Read-only/i);
    });

    it('starts the bootstrap as process 1, which requests the file of its attempt', async () => {
      const started = run([
        python,
        '-I',
        '-S',
        '/opt/pumphouse/pumphouse_bootstrap',
        '/attempt/record/start.json',
      ]);
      await expect(started).rejects.toThrow(/start\.json/);
    });

    it('has the requested Python and uv, usable by an unprivileged user', async () => {
      const details = await runPython(`
import getpass, os, sys
status = dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
print('%d.%d' % sys.version_info[:2], os.getuid(), os.getgid(), status['CapEff'], status['CapBnd'], status['NoNewPrivs'])`);
      expect(details).toBe(`${minor} 60910 60910 0000000000000000 0000000000000000 1`);
      expect(await run(['/opt/pumphouse/bin/uv', '--version'])).toMatch(
        new RegExp(`^uv ${pythonTools.uv}\\b`),
      );
    });

    it('starts Python without compiling the standard library each time', async () => {
      const code = `
import importlib.util, os, argparse, asyncio, decimal, email.message, http.client, json, logging, pydoc, sqlite3, sys, unittest, zoneinfo
modules = [module.__spec__ for module in list(sys.modules.values()) if getattr(module, '__spec__', None)]
print([spec.origin for spec in modules if spec.cached and not os.path.exists(spec.cached)])`;
      expect(await runPython(code)).toBe('[]');
    });

    it('has a name for every possible user of a run', async () => {
      const code = `
import pwd, grp, os
people = [pwd.getpwuid(uid) for uid in range(60906, ${lastUid} + 1)]
print({(user.pw_name, user.pw_dir, grp.getgrgid(user.pw_gid).gr_name) for user in people}, os.path.expanduser('~'))`;
      expect(await runPython(code, ['--env', 'HOME='])).toContain("{('pumphouse', '/tmp', 'pumphouse')}");
      await expect(runPython(`import pwd; pwd.getpwuid(${lastUid + 1})`)).rejects.toThrow(/KeyError/);
    });

    it.each(['/attempt', '/local-data', '/environment', '/cache'])(
      'lets any user of runs write to a new volume at %s, and keeps its content',
      async (folder) => {
        const volume = ['--volume', `v${minor}${folder.replaceAll('/', '-')}:${folder}`];
        const write = `import os; open('${folder}/a', 'w').write('kept'); print(oct(os.stat('${folder}').st_mode & 0o7777))`;
        expect(await runPython(write, volume)).toBe('0o1777');
        const other = ['--user', `${lastUid}:${lastUid}`];
        expect(await runPython(`print(open('${folder}/a').read())`, [...volume, ...other])).toBe('kept');
        const remove = runPython(`import os; os.remove('${folder}/a')`, [...volume, ...other]);
        await expect(remove).rejects.toThrow(/PermissionError/);
      },
    );

    it('trusts the authorities of its CA bundle, and so does OpenSSL by default', async () => {
      const code = `
import ssl
bundle = ssl.create_default_context(cafile='/etc/ssl/certs/ca-certificates.crt')
default = ssl.create_default_context()
print(len(bundle.get_ca_certs()) > 50, len(bundle.get_ca_certs()) == len(default.get_ca_certs()))`;
      expect(await runPython(code)).toBe('True True');
    });

    it('contains no program that switches users', async () => {
      const asRoot = ['run', '--rm', '--user=0:0', image];
      const find = ['find', '/', '-xdev', '-type', 'f', '-perm', '/6000'];
      expect(await engine.call([...asRoot, ...find])).toBe('');
    });

    it('contains nothing from the build machine', async () => {
      const history = await engine.call(['history', '--no-trunc', '--format', '{{.CreatedBy}}', image]);
      expect(history).toContain('finish-image.py');
      const variables = await engine.call(['image', 'inspect', '--format', '{{json .Config.Env}}', image]);
      const settings = Object.entries(process.env).filter(([name]) => /^(pip|uv)_|proxy$/i.test(name));
      for (const [name] of settings) expect(`${history} ${variables}`).not.toContain(`${name}=`);
      expect(
        await run(['sh', '-c', 'ls -A /root /tmp /context 2>/dev/null; ls /etc/pip.conf /etc/xdg/pip; true']),
      ).not.toMatch(/pip|wheel|context:/);
      const bytes = Number(await engine.call(['image', 'inspect', '--format', '{{.Size}}', image]));
      process.stderr.write(`${image} on ${kind}: ${Math.round(bytes / 1e6)} MB\n`);
      expect(bytes).toBeLessThan(400e6);
    });
  });

  it("an image built with a company's CA trusts its servers", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'));
    const name = 'localhost/company-runner:3.13';
    const base = await importDebianBase(engine.command, '3.13');
    try {
      const { bundle, certificate, key } = await makeAuthority(folder);
      await buildRunnerImage(engine.command, { python: '3.13', name, base, caBundle: bundle });
      const code = askOwnServer(certificate, key);
      const ask = (image: string) => engine.call(['run', ...confined, image, python, '-I', '-c', code]);
      expect(await ask(name)).toBe('trusted');
      expect(await ask(runnerImageName('3.13'))).toMatch(/unable to get local issuer certificate/);
    } finally {
      await engine.call(['image', 'rm', '--force', name]);
      await rm(folder, { recursive: true });
    }
  });
});

async function makeAuthority(folder: string) {
  const at = (name: string) => join(folder, name);
  const [bundle, authorityKey, names] = [at('authority.crt'), at('authority.key'), at('names')];
  const [key, request, certificate] = [at('server.key'), at('server.csr'), at('server.crt')];
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args);
  const plain = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const rights = ['-addext', 'keyUsage=critical,keyCertSign'];
  await openssl(
    'req',
    '-x509',
    ...plain,
    ...rights,
    '-subj',
    '/CN=Company',
    '-keyout',
    authorityKey,
    '-out',
    bundle,
  );
  await openssl('req', ...plain, '-subj', '/CN=server', '-keyout', key, '-out', request);
  await writeFile(names, 'subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n');
  const authority = ['-CA', bundle, '-CAkey', authorityKey, '-CAcreateserial', '-extfile', names];
  await openssl('x509', '-req', '-in', request, ...authority, '-out', certificate);
  return { bundle, certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
}

/** Python that connects to its own TLS server with OpenSSL's defaults, and reports whether it trusts it. */
const askOwnServer = (certificate: string, key: string) => `
import socket, ssl, threading
open('/tmp/server.pem', 'w').write("""${key}${certificate}""")
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain('/tmp/server.pem')
listener = socket.create_server(('127.0.0.1', 0))
def serve():
    try: server.wrap_socket(listener.accept()[0], server_side=True).recv(1)
    except OSError: pass
threading.Thread(target=serve, daemon=True).start()
try:
    with ssl.create_default_context().wrap_socket(socket.create_connection(listener.getsockname()), server_hostname='localhost'):
        print('trusted')
except ssl.SSLCertVerificationError as error:
    print(error)
`;
