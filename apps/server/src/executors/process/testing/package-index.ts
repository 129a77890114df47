/** A package index with generated packages. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { requireTool } from './machine.ts';

export interface PackageIndex {
  /** Value for UV_DEFAULT_INDEX. */
  url: string;
  /** Adds a wheel with one module; returns its URL. */
  addWheel(name: string, options?: WheelOptions): Promise<string>;
  /**
   * Adds a source distribution of version 1.0 whose build runs a Python program. To let the build succeed,
   * the program puts a wheel named `wheel_name` into `wheel_directory`.
   */
  addSource(name: string, buildProgram: string): Promise<void>;
  /** Makes all following responses forbid caching. */
  forbidCaching(): void;
  /** Lets all following responses be kept for ten minutes, as PyPI does. */
  allowCaching(): void;
  /** The names of the projects that it was asked for, sorted, without duplicates. */
  listAsked(): string[];
  /** Never answers requests for this project; resolves when the first one arrives. */
  hangOn(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface WheelOptions {
  /** 1.0 unless given. */
  version?: string;
  requires?: string[];
  /** Files of the wheel by path, in place of the single module. */
  files?: Record<string, string>;
}

const MAKE_WHEEL = `
import json, sys, zipfile
path, info, metadata, files = sys.argv[1:]
with zipfile.ZipFile(path, "w") as wheel:
    for name, content in json.loads(files).items():
        wheel.writestr(name, content)
    wheel.writestr(f"{info}/METADATA", metadata)
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

function describeLink(name: string, content: Uint8Array | undefined): string {
  const hash = createHash('sha256')
    .update(content ?? '')
    .digest('hex');
  return `<a href="/files/${name}#sha256=${hash}">${name}</a>`;
}

/**
 * Starts the index.
 * @param host the address to listen on; containers cannot reach loopback
 * @param credentials `user:password`, without which it answers nothing
 */
export async function createPackageIndex(
  host = '127.0.0.1',
  credentials: string | null = null,
): Promise<PackageIndex> {
  const wanted = credentials === null ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const asked = new Set<string>();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-index-'));
  const files = new Map<string, Uint8Array>();
  const hanging = new Map<string, () => void>();
  let caching: string | null = null;
  const server = createServer((request, response) => {
    if (caching !== null) response.setHeader('cache-control', caching);
    const path = decodeURIComponent(request.url ?? '/');
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1] ?? '';
    if (project !== '') asked.add(project);
    if (wanted !== null && request.headers.authorization !== wanted)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="index"' }).end();
    const file = files.get(path.replace('/files/', ''));
    if (file !== undefined) return void response.end(file);
    const hang = hanging.get(project);
    if (hang !== undefined) return hang();
    const names = [...files.keys()].filter((name) => name.startsWith(`${project.replaceAll('-', '_')}-`));
    if (names.length === 0) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(names.map((name) => describeLink(name, files.get(name))).join('\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;

  return {
    url: `${origin}/simple`,
    async addWheel(name, { version = '1.0', requires = [], files: content } = {}) {
      const module = name.replaceAll('-', '_');
      const fileName = `${module}-${version}-py3-none-any.whl`;
      const metadata = [
        'Metadata-Version: 2.1',
        `Name: ${name}`,
        `Version: ${version}`,
        ...requires.map((line) => `Requires-Dist: ${line}`),
        '',
      ];
      const path = join(folder, fileName);
      await promisify(execFile)(requireTool('python3'), [
        '-c',
        MAKE_WHEEL,
        path,
        `${module}-${version}.dist-info`,
        metadata.join('\n'),
        JSON.stringify(content ?? { [`${module}.py`]: "WORD = 'installed'\n" }),
      ]);
      files.set(fileName, await readFile(path));
      return `${origin}/files/${fileName}`;
    },
    async addSource(name, buildProgram) {
      const root = `${name.replaceAll('-', '_')}-1.0`;
      const archive = pack();
      const project =
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n' +
        `[project]\nname = "${name}"\nversion = "1.0"\n`;
      archive.entry({ name: `${root}/PKG-INFO` }, `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`);
      archive.entry({ name: `${root}/pyproject.toml` }, project);
      archive.entry(
        { name: `${root}/backend.py` },
        `def build_wheel(wheel_directory, *_, **__):\n    name = "${root}-py3-none-any.whl"\n` +
          `    exec(${JSON.stringify(buildProgram)}, {"wheel_directory": wheel_directory, "wheel_name": name})\n    return name\n`,
      );
      archive.finalize();
      files.set(`${root}.tar.gz`, await buffer(archive.pipe(createGzip())));
    },
    forbidCaching: () => void (caching = 'no-store'),
    allowCaching: () => void (caching = 'max-age=600'),
    listAsked: () => [...asked].toSorted(),
    hangOn: (name) => new Promise((resolve) => hanging.set(name, resolve)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
