/** Builds bubblewrap arguments, which define what a run or a build sees of the machine. Pure. */
import type { HostLayout } from './host-layout.ts';

export interface SandboxBind {
  source: string;
  target: string;
  writable: boolean;
}

export interface SandboxPlan {
  bwrapPath: string;
  host: HostLayout;
  /**
   * `root`: bubblewrap runs as root without a user namespace, and its child drops to another user (a
   * namespace would map only one). `user`: an unprivileged user namespace with a single user.
   */
  privileges: 'root' | 'user';
  binds: SandboxBind[];
  /** `none`: no network; `inherited`: the network of the process that starts bubblewrap. */
  network: 'none' | 'inherited';
  /**
   * The user inside the sandbox, if it differs from the one that starts bubblewrap: inside a run's own
   * network namespace it does.
   */
  insideUid?: number;
  /** Whether the sandbox ends with the process that started it; true by default. */
  endsWithParent?: boolean;
}

const HOST_NAME = 'pumphouse';

/** Files in /etc for name resolution, certificates and libraries. None is secret on any system. */
const ETC_PATHS = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/crypto-policies',
  '/etc/fonts',
  '/etc/gai.conf',
  '/etc/host.conf',
  '/etc/hosts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/nsswitch.conf',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/certs',
  '/etc/pki/tls/cert.pem',
  '/etc/pki/tls/openssl.cnf',
  '/etc/protocols',
  '/etc/resolv.conf',
  '/etc/services',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/timezone',
];

/**
 * Builds the argv that precedes a command. The command sees /usr and a few files of /etc read-only, empty
 * temporary folders and the binds, and has at most the caller's network. It ends with the process that
 * started it. A new session protects bubblewrap itself from signals to the command's process group, which
 * would tear down the sandbox at once.
 */
export function buildSandboxArguments(plan: SandboxPlan): string[] {
  return [
    [plan.bwrapPath, ...(plan.privileges === 'user' ? ['--unshare-user'] : [])],
    plan.insideUid === undefined ? [] : ['--uid', String(plan.insideUid), '--gid', String(plan.insideUid)],
    plan.network === 'none' ? ['--unshare-net'] : [],
    ['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ['--hostname', HOST_NAME, '--new-session'],
    plan.endsWithParent === false ? [] : ['--die-with-parent'],
    ['--cap-drop', 'ALL'],
    plan.privileges === 'root' ? ['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'] : [],
    ['--ro-bind', '/usr', '/usr'],
    plan.host.rootEntries.flatMap(({ path, linkTarget }) =>
      linkTarget === null ? ['--ro-bind', path, path] : ['--symlink', linkTarget, path],
    ),
    ['--proc', '/proc', '--dev', '/dev'],
    createFolder('/var'),
    // multiprocessing keeps semaphores in /dev/shm, which bubblewrap otherwise makes writable only for the
    // user that created the sandbox.
    ['/dev/shm', '/tmp', '/var/tmp'].flatMap((path) => ['--perms', '1777', '--tmpfs', path]),
    listParents([...ETC_PATHS, ...plan.binds.map(({ target }) => target)]).flatMap(createFolder),
    ETC_PATHS.flatMap((path) => ['--ro-bind-try', path, path]),
    sortByDepth(plan.binds).flatMap(({ source, target, writable }) => [
      writable ? '--bind' : '--ro-bind',
      source,
      target,
    ]),
    // The user that starts bubblewrap may not be able to enter the command's folder yet.
    ['--chdir', '/'],
  ].flat();
}

/** A mount hides earlier mounts below it. */
function sortByDepth(binds: SandboxBind[]): SandboxBind[] {
  const depth = ({ target }: SandboxBind): number => target.split('/').length;
  return binds.toSorted((a, b) => depth(a) - depth(b));
}

/** Parent folders of the targets that no bind provides, outermost first. */
function listParents(targets: string[]): string[] {
  const parents = targets.flatMap((target) => {
    const names = target.split('/').slice(1, -1);
    return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
  });
  return [...new Set(parents)].filter(
    (parent) => !targets.some((target) => `${parent}/`.startsWith(`${target}/`)),
  );
}

/** Folders that bubblewrap creates implicitly are accessible only to root. */
function createFolder(path: string): string[] {
  return ['--perms', '0755', '--dir', path];
}

/** The only entries of /etc/passwd and /etc/group in a sandbox. */
export function buildUserFiles(uid: number, gid: number): { passwd: string; group: string } {
  const root = uid === 0 ? [] : ['root:x:0:0:root:/:/usr/sbin/nologin'];
  const rootGroup = gid === 0 ? [] : ['root:x:0:'];
  return {
    passwd: [...root, `pumphouse:x:${uid}:${gid}:pumphouse:/tmp:/bin/sh`, ''].join('\n'),
    group: [...rootGroup, `pumphouse:x:${gid}:`, ''].join('\n'),
  };
}
