import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentLocation, EnvironmentSpec } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { createBuildSite, runPython, type BuildSite } from './testing/build-site.ts';
import type { PackageIndex } from './testing/package-index.ts';
import { canBeShared, openResolutions } from './resolutions.ts';

let site: BuildSite;
let index: PackageIndex;
let executor: Executor;

beforeEach(async () => {
  site = await createBuildSite();
  ({ index, executor } = site);
});

afterEach(() => site.remove());

let keys = 0;

/** Each specification has its own environment key. */
function createSpec(requirements: string[], overrides: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  keys += 1;
  return site.createSpec(requirements, { key: `key-${keys}`, ...overrides });
}

async function build(
  spec: EnvironmentSpec,
  by = executor,
): Promise<EnvironmentLocation & { lines: string[] }> {
  const lines: string[] = [];
  const location = await by.buildEnvironment(spec, ({ text }) => lines.push(text));
  return { ...location, lines };
}

const sitePackages = ({ path }: EnvironmentLocation) =>
  join(path, `lib/python${site.pythonVersion}/site-packages`);

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const listObjects = () => listFiles(join(site.dataDir, 'package-store/objects'));

/** Checks that each object's content matches its name, and that no user may write to it. */
async function checkStore(): Promise<void> {
  for (const path of await listObjects()) {
    const name = relative(join(site.dataDir, 'package-store/objects'), path).replace('/', '');
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    expect(name.replace('.x', '')).toBe(digest);
    const { mode, uid } = await stat(path);
    expect([mode & 0o7777, uid]).toEqual([name.endsWith('.x') ? 0o555 : 0o444, process.getuid?.()]);
  }
}

const twoFiles = (name: string) => ({
  [`${name}/__init__.py`]: `WORD = 'installed'\n`,
  [`${name}/data.txt`]: 'x'.repeat(100_000),
});

describe('the package store', () => {
  it('links a second environment to the files of the first, with its scripts and bytecode', async () => {
    await index.addWheel('first-package', {
      files: {
        ...twoFiles('first_package'),
        'first_package-1.0.dist-info/entry_points.txt': '[console_scripts]\nsay = first_package:print\n',
      },
    });
    await index.addWheel('second-package');
    const first = await build(createSpec(['first-package']));
    const second = await build(createSpec(['first-package', 'second-package']));
    expect(second.lines.join('\n')).toMatch(/Installed 2 packages in \d+\.\d s \(1 from the store\)/);
    const file = 'first_package/data.txt';
    const [one, other] = await Promise.all([first, second].map((at) => stat(join(sitePackages(at), file))));
    expect(one?.ino).toBe(other?.ino);
    expect(await readFile(join(second.path, 'bin/say'), 'utf8')).toContain(`${second.path}/bin/python`);
    const program =
      'import first_package, os; print(first_package.WORD, os.path.exists(first_package.__cached__))';
    for (const at of [first, second])
      await expect.poll(() => runPython(at.path, program)).toBe('installed True');
    await checkStore();
  });

  it('accepts wheels from an index that forbids caching', async () => {
    await index.addWheel('first-package');
    await index.addWheel('second-package');
    index.forbidCaching();
    const at = await build(createSpec(['first-package', 'second-package']));
    const program = 'import first_package, second_package; print(first_package.WORD, second_package.WORD)';
    expect(await runPython(at.path, program)).toBe('installed installed');
  });

  it('asks the index again for a version that was released after the last answer', async () => {
    index.allowCaching();
    await index.addWheel('first-package');
    await build(createSpec(['first-package']));
    await index.addWheel('first-package', { version: '1.1' });
    const { lines } = await build(createSpec(['first-package==1.1']));
    expect(lines.join('\n')).toContain('Installed 1 package');
    const missing = build(createSpec(['first-package==1.2']));
    await expect(missing).rejects.toThrow('there is no version of first-package==1.2');
  });

  it('resolves equal requirements of a workspace once', async () => {
    await index.addWheel('first-package');
    const spec = createSpec(['first-package']);
    await build(spec);
    expect((await build(spec)).lines[0]).toBe('Resolved 1 package by an earlier build');
    const other = await build({ ...spec, workspaceId: 'workspace-2', key: 'key-other' });
    expect(other.lines[0]).toMatch(/Resolved 1 package in/);
  });

  it('resolves a complete export once for all workspaces, without running any package’s code', async () => {
    await index.addWheel('first-package');
    const pinned = createSpec(['first-package==1.0'], { variables: {} });
    const resolutions = openResolutions(site.dataDir, '3.13.5');
    await mkdir(join(site.dataDir, 'package-store'));
    await resolutions.save(pinned, 'shared', 'lock');
    expect(await resolutions.find({ ...pinned, workspaceId: 'workspace-2', key: 'other' }, 'shared')).toBe(
      'lock',
    );
    expect(canBeShared(pinned)).toBe(true);
    expect(canBeShared(createSpec(['first-package==1.0']))).toBe(false);
    expect(canBeShared({ ...pinned, requirements: ['first-package'] })).toBe(false);
    await resolutions.save(pinned, 'workspace', 'lock of one');
    expect(await resolutions.find({ ...pinned, workspaceId: 'workspace-2' }, 'workspace')).toBeNull();
    const aMonth = 31 * 24 * 3_600_000;
    expect(await resolutions.find(pinned, 'shared', Date.now() + aMonth)).toBeNull();
  });

  it('stores no lock that names a secret', async () => {
    const address = await index.addWheel('first-package');
    const secret = new URL(address).port;
    const spec = createSpec(['first-package'], { maskedValues: [secret] });
    await build(spec);
    expect((await build(spec)).lines[0]).toMatch(/Resolved 1 package in/);
  });

  it('removes the organization-wide cache of an earlier version', async () => {
    const folder = join(site.dataDir, 'uv-caches/organization-1');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'CACHEDIR.TAG'), '');
    await index.addWheel('first-package');
    await build(createSpec(['first-package']));
    expect(await readdir(folder)).toEqual(['workspace-1']);
  });

  it('serves two concurrent builds that need the same packages', async () => {
    await index.addWheel('first-package', { files: twoFiles('first_package') });
    const specs = ['a', 'b', 'c'].map((key) => createSpec(['first-package'], { key }));
    const locations = await Promise.all(specs.map((spec) => build(spec)));
    for (const at of locations) {
      expect(await runPython(at.path, 'import first_package; print(first_package.WORD)')).toBe('installed');
    }
    await checkStore();
  });

  it("shows each environment's own paths in tracebacks, with shared bytecode", async () => {
    const code = 'def fail():\n    raise ValueError("told")\n';
    await index.addWheel('failing-package', { files: { 'failing_package.py': code } });
    const locations = [
      await build(createSpec(['failing-package'])),
      await build(createSpec(['failing-package'])),
    ];
    for (const at of locations) {
      const program =
        'import failing_package, os, traceback\n' +
        'assert os.path.exists(failing_package.__cached__)\n' +
        'try: failing_package.fail()\nexcept ValueError: print(traceback.format_exc())';
      await expect.poll(() => runPython(at.path, program).catch(() => '')).toContain('ValueError: told');
      const file = join(sitePackages(at), 'failing_package.py');
      expect(await runPython(at.path, program)).toContain(
        `File "${file}", line 2, in fail\n    raise ValueError("told")`,
      );
    }
    const name = (await readdir(join(sitePackages(locations[0]!), '__pycache__'))).find((one) =>
      one.startsWith('failing_package'),
    );
    const inodes = await Promise.all(
      locations.map(async (at) => (await stat(join(sitePackages(at), '__pycache__', name ?? ''))).ino),
    );
    expect(new Set(inodes).size).toBe(1);
  });

  it('fetches a package again that retention removed during a build', async () => {
    await index.addWheel('first-package', { files: twoFiles('first_package') });
    await build(createSpec(['first-package']));
    let removals = 0;
    const racing = site.createExecutor({
      faultPoints: {
        reach: async (name) => {
          if (name !== 'in-environment-assembly' || removals > 0) return;
          removals += 1;
          const packages = await executor.listStoredPackages();
          await executor.removeStoredPackages(packages.map(({ id }) => id));
        },
      },
    });
    const at = await build(createSpec(['first-package']), racing);
    expect(removals).toBe(1);
    expect(await runPython(at.path, 'import first_package; print(first_package.WORD)')).toBe('installed');
    expect(await readdir(join(site.dataDir, 'environments'))).toHaveLength(2);
  });

  it('counts each byte once, and keeps what environments use', async () => {
    await index.addWheel('first-package', { files: twoFiles('first_package') });
    const locations = [
      await build(createSpec(['first-package'])),
      await build(createSpec(['first-package'])),
    ];
    const sizes = await Promise.all(locations.map((at) => executor.measureEnvironment(at)));
    for (const size of sizes) expect(size).toBeGreaterThan(50_000);
    const links = 4096 * 40;
    expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBeLessThan(100_000 + 2 * links);
    // The package, and the bytecode of the hooks that the server adds to each environment.
    const used = await executor.listStoredPackages();
    expect(used.map(({ isUsed }) => isUsed)).toEqual([true, true]);
    for (const at of locations) await executor.removeEnvironment(at);
    const unused = await executor.listStoredPackages();
    expect(unused.filter(({ isUsed }) => isUsed)).toEqual([]);
    expect(Math.max(...unused.map(({ sizeBytes }) => sizeBytes))).toBeGreaterThanOrEqual(100_000);
    await executor.removeStoredPackages(unused.map(({ id }) => id));
    expect((await executor.listStoredPackages()).map(({ id }) => id)).toEqual(['unreferenced']);
  });

  it('recovers from a server that was killed during a build', async () => {
    await index.addWheel('first-package', { files: twoFiles('first_package') });
    const spec = createSpec(['first-package']);
    const script = join(import.meta.dirname, 'testing/build-until-killed.ts');
    const order = {
      dataDir: site.dataDir,
      overrides: site.overrides,
      spec,
      standsAt: 'in-environment-assembly',
    };
    const server = spawn(process.execPath, [script, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(server.stdout, 'data');
    server.kill('SIGKILL');
    await once(server, 'close');
    const half = (await readdir(join(site.dataDir, 'environments'))).map((name) =>
      join(site.dataDir, 'environments', name),
    );
    const at = await build(spec);
    expect(await runPython(at.path, 'import first_package; print(first_package.WORD)')).toBe('installed');
    const folders = (await executor.listResources({ withSizes: false })).filter(
      ({ kind }) => kind === 'folder',
    );
    expect(folders.map(({ id }) => id)).toEqual(expect.arrayContaining(half));
    await executor.removeResource({ kind: 'folder', id: half[0] ?? '' });
    expect(await executor.hasEnvironment(at)).toBe(true);
  });

  it('replaces a file that a machine crash truncated', async () => {
    await index.addWheel('first-package', { files: twoFiles('first_package') });
    await build(createSpec(['first-package']));
    const sizes = await Promise.all(
      (await listObjects()).map(async (path) => [path, (await stat(path)).size] as const),
    );
    const [largest] = sizes.toSorted(([, left], [, right]) => right - left)[0] ?? [''];
    // A crash leaves a truncated file as a new inode: existing environments keep the old one.
    await promisify(execFile)('sh', ['-c', 'rm "$0" && printf x > "$0" && chmod 444 "$0"', largest]);
    const at = await build(createSpec(['first-package']));
    expect((await stat(join(sitePackages(at), 'first_package/data.txt'))).size).toBe(100_000);
    await checkStore();
  });

  it('compiles after the first run what an ended server left uncompiled', async () => {
    await index.addWheel('first-package');
    const script = join(import.meta.dirname, 'testing/build-until-killed.ts');
    const order = { dataDir: site.dataDir, overrides: site.overrides, spec: createSpec(['first-package']) };
    await promisify(execFile)(process.execPath, [script, JSON.stringify(order)]).catch(() => undefined);
    const [name = ''] = await readdir(join(site.dataDir, 'environments'));
    const at = { executor: 'process', path: join(site.dataDir, 'environments', name, 'venv') };
    const rest = join(at.path, '../rest.json');
    expect((await lstat(rest)).isFile()).toBe(true);
    expect(await executor.hasEnvironment(at)).toBe(true);
    await expect.poll(() => lstat(rest).catch(() => null)).toBeNull();
    expect(await readdir(join(sitePackages(at), '__pycache__'))).toContainEqual(
      expect.stringMatching(/^first_package\..*\.pyc$/),
    );
  });
});

/** Adds a wheel with one module, so that the build continues. */
const endWell = `
import zipfile, os
info = wheel_name.split("-py3")[0] + ".dist-info"
name = wheel_name.split("-")[0]
with zipfile.ZipFile(os.path.join(wheel_directory, wheel_name), "w") as wheel:
    wheel.writestr(f"{name}.py", "WORD = 'built'\\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

describe('a build of untrusted code', () => {
  /** The target folder of the build's packages, where its code can plant files. */
  const plantAt = (name: string) =>
    `/pumphouse/source/built/lib/python${site.pythonVersion}/site-packages/${name}`;

  async function buildHostile(name: string, program: string): ReturnType<typeof build> {
    await index.addSource(name, `${program}\n${endWell}`);
    return build(createSpec([name, 'victim-package']));
  }

  it('changes no file of the store, of another environment, or of another package in its environment', async () => {
    await index.addWheel('victim-package', { files: twoFiles('victim_package') });
    const victim = await build(createSpec(['victim-package']));
    const file = join(sitePackages(victim), 'victim_package/__init__.py');
    const before = await stat(file);
    const hostile = await buildHostile(
      'hostile-package',
      `
import glob, os, sys
targets = [${JSON.stringify(file)}] + ${JSON.stringify(await listObjects())} + glob.glob(sys.prefix + "/**", recursive=True)
targets += glob.glob("/pumphouse/**", recursive=True) + glob.glob(${JSON.stringify(`${site.dataDir}/**`)}, recursive=True)
for path in targets:
    if path.startswith("/pumphouse/source") or path.startswith("/pumphouse/cache"):
        continue
    for attack in (lambda: os.chmod(path, 0o777), lambda: open(path, "w").write("planted"), lambda: os.unlink(path),
                   lambda: os.link(path, "/pumphouse/source/link")):
        try:
            attack()
        except OSError:
            pass
`,
    );
    expect(
      await runPython(
        hostile.path,
        'import hostile_package, victim_package; print(hostile_package.WORD, victim_package.WORD)',
      ),
    ).toBe('built installed');
    const after = await stat(file);
    expect([after.ino, after.mode, after.mtimeMs]).toEqual([before.ino, before.mode, before.mtimeMs]);
    expect(await readFile(file, 'utf8')).toBe(`WORD = 'installed'\n`);
    await checkStore();
    const again = await build(createSpec(['victim-package', 'hostile-package']));
    expect(await runPython(again.path, 'import victim_package; print(victim_package.WORD)')).toBe(
      'installed',
    );
  });

  it('that installs files of another package changes only its own environment', async () => {
    await index.addWheel('victim-package', { files: twoFiles('victim_package') });
    await index.addWheel('overlapping-package', {
      files: { 'victim_package/__init__.py': `WORD = 'planted'\n` },
    });
    const overlapping = await build(createSpec(['overlapping-package', 'victim-package']));
    expect(await runPython(overlapping.path, 'import victim_package; print(victim_package.WORD)')).toMatch(
      /planted|installed/,
    );
    const victim = await build(createSpec(['victim-package']));
    expect(victim.lines.join('\n')).toContain('(1 from the store)');
    expect(await runPython(victim.path, 'import victim_package; print(victim_package.WORD)')).toBe(
      'installed',
    );
  });

  it.each([
    ['a symbolic link', 'os.symlink("/etc/passwd", path)', /is not a regular file/],
    ['a link for a folder', 'os.symlink("/etc", path)', /is not a regular file/],
    ['a pipe', 'os.mkfifo(path)', /is not a regular file/],
    ['a socket', 'import socket; socket.socket(socket.AF_UNIX).bind(path)', /is not a regular file/],
    ['a huge sparse file', 'open(path, "w").truncate(1 << 40)', /too large/],
  ])('that plants %s fails', async (_, attack, message) => {
    await index.addWheel('victim-package');
    const path = plantAt('planted');
    const program = `import os\npath = ${JSON.stringify(path)}\nos.makedirs(os.path.dirname(path), exist_ok=True)\n${attack}`;
    const building = buildHostile('planting-package', program);
    await expect(building).rejects.toMatchObject({ code: 'requirements_failed' });
    await expect(building).rejects.toThrow(message);
    expect(await readdir(join(site.dataDir, 'environments'))).toEqual([]);
  });

  it('that plants a setuid file with several links leaves a plain copy', async () => {
    await index.addWheel('victim-package');
    const path = plantAt('planted.py');
    const at = await buildHostile(
      'planting-package',
      `import os\npath = ${JSON.stringify(path)}\nos.makedirs(os.path.dirname(path), exist_ok=True)\n` +
        'open(path, "w").write("PLANTED = True\\n")\nos.chmod(path, 0o6777)\nos.link(path, "/pumphouse/source/other")',
    );
    const planted = await stat(join(sitePackages(at), 'planted.py'));
    expect([planted.mode & 0o7777, planted.uid]).toEqual([0o555, process.getuid?.()]);
    await checkStore();
  });

  it('that changes uv’s cache changes no other workspace’s packages', async () => {
    await index.addWheel('victim-package', { files: twoFiles('victim_package') });
    await buildHostile(
      'poisoning-package',
      `
import os
for folder, _, names in os.walk("/pumphouse/cache"):
    for name in names:
        try:
            open(os.path.join(folder, name), "w").write("planted")
        except OSError:
            pass
`,
    ).catch(() => undefined);
    const other = await build(createSpec(['victim-package'], { workspaceId: 'workspace-2' }));
    expect(await runPython(other.path, 'import victim_package; print(victim_package.WORD)')).toBe(
      'installed',
    );
  });
});

describe('an environment', () => {
  it('cannot be written by a run of the same user', async () => {
    await index.addWheel('first-package');
    const at = await build(createSpec(['first-package']));
    for (const path of await listFiles(at.path)) {
      expect((await lstat(path)).mode & 0o222).toBe(0);
      expect((await lstat(path)).uid).toBe(process.getuid?.());
    }
  });
});
