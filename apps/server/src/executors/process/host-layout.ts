/** What the sandbox needs to know about its machine. */
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * An entry of the root folder that programs below /usr rely on: a link on a merged system, otherwise a
 * folder.
 */
export type RootEntry = { path: string; linkTarget: string | null };

export interface HostLayout {
  rootEntries: RootEntry[];
  /** The machine's CA bundle, or null if there is none in a known location. */
  certificateBundle: string | null;
}

const ROOT_ENTRIES = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'];

const CERTIFICATE_BUNDLES = [
  'etc/ssl/certs/ca-certificates.crt',
  'etc/pki/tls/certs/ca-bundle.crt',
  'etc/ssl/ca-bundle.pem',
  'etc/ssl/cert.pem',
];

/** Reads the layout of the machine. `root` is another root folder in tests. */
export function readHostLayout(root = '/'): HostLayout {
  const bundle = CERTIFICATE_BUNDLES.find((path) => existsSync(join(root, path)));
  return {
    rootEntries: ROOT_ENTRIES.map((name) => readRootEntry(root, name)).filter((entry) => entry !== null),
    certificateBundle: bundle === undefined ? null : `/${bundle}`,
  };
}

function readRootEntry(root: string, name: string): RootEntry | null {
  const stat = lstatSync(join(root, name), { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return { path: `/${name}`, linkTarget: stat.isSymbolicLink() ? readlinkSync(join(root, name)) : null };
}

/**
 * Returns the evidence that this server runs in a container, or null. In a container, a run would not outlive
 * the container and would share its limits. A chroot does not count: it shares the machine's processes.
 */
export function detectContainer(root = '/'): string | null {
  for (const marker of ['.dockerenv', 'run/.containerenv', 'run/systemd/container']) {
    if (existsSync(join(root, marker))) return `/${marker}`;
  }
  const controlGroups = readText(join(root, 'proc/1/cgroup'));
  const hint = /(docker|kubepods|containerd|libpod|\blxc\b)/.exec(controlGroups);
  if (hint !== null) return `"${hint[0]}" in /proc/1/cgroup`;
  const kind = /(?:^|\0)container=([^\0]+)/.exec(readText(join(root, 'proc/1/environ')));
  return kind === null ? null : `container=${kind[1]} in the environment of process 1`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
