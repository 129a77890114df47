/** Results of the checks of a server and its machine. Pure. */

export type CheckStatus = 'ok' | 'warning' | 'problem' | 'skipped';

/** The areas of checks, in the order in which they are shown. */
export const checkAreas = ['executor', 'data_folder', 'database', 'addresses', 'services'] as const;
export type CheckArea = (typeof checkAreas)[number];

/** What a check found. */
export interface Finding {
  /**
   * `problem`: something does not work, or data is at risk. `warning`: the server works, and an operator should
   * know. `skipped`: it does not matter here, or cannot be checked from here.
   */
  status: CheckStatus;
  /** One or two sentences. */
  found: string;
  /** What to do, with the command or the setting; null if there is nothing to do. */
  nextStep: string | null;
}

/** The finding of a named check. */
export interface CheckResult extends Finding {
  /** Stable: scripts select results by it. */
  id: CheckId;
  area: CheckArea;
  title: string;
}

/** All checks, in the order in which they are shown. */
export const checks = {
  executor: { area: 'executor', title: 'Executor' },
  python: { area: 'executor', title: 'Python' },
  python_versions: { area: 'executor', title: 'Python versions for runs' },
  uv: { area: 'executor', title: 'uv' },
  sandbox: { area: 'executor', title: 'Sandbox' },
  run_network: { area: 'executor', title: 'Network of runs' },
  cloud_metadata: { area: 'executor', title: 'Metadata service of a cloud' },
  limits: { area: 'executor', title: 'Limits of runs' },
  engine: { area: 'executor', title: 'Container engine' },
  cluster: { area: 'executor', title: 'Kubernetes' },
  runs_connection: { area: 'executor', title: 'Connection of runs' },
  data_folder: { area: 'data_folder', title: 'Data folder' },
  secret_key: { area: 'data_folder', title: 'Secret key' },
  disk: { area: 'data_folder', title: 'Disk' },
  inodes: { area: 'data_folder', title: 'Inodes' },
  database: { area: 'database', title: 'Database' },
  migrations: { area: 'database', title: 'Migrations' },
  online_migrations: { area: 'database', title: 'Online migrations' },
  database_connections: { area: 'database', title: 'Connections' },
  database_durability: { area: 'database', title: 'Durability' },
  clock: { area: 'database', title: 'Clock' },
  port_ipv4: { area: 'addresses', title: 'Port, IPv4' },
  port_ipv6: { area: 'addresses', title: 'Port, IPv6' },
  apps_port: { area: 'addresses', title: 'Port of apps' },
  exposure: { area: 'addresses', title: 'Exposure' },
  public_url: { area: 'addresses', title: 'Public URL' },
  trusted_proxies: { area: 'addresses', title: 'Trusted proxies' },
  mail: { area: 'services', title: 'Mail' },
  blobs: { area: 'services', title: 'Blobs' },
  backups: { area: 'services', title: 'Backups' },
  alerts: { area: 'services', title: 'Alerts' },
} as const satisfies Record<string, { area: CheckArea; title: string }>;

export type CheckId = keyof typeof checks;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys loses the names
export const checkIds = Object.keys(checks) as CheckId[];

export const ok = (found: string): Finding => ({ status: 'ok', found, nextStep: null });
export const skipped = (found: string): Finding => ({ status: 'skipped', found, nextStep: null });
export const warning = (found: string, nextStep: string): Finding => ({ status: 'warning', found, nextStep });
export const problem = (found: string, nextStep: string): Finding => ({ status: 'problem', found, nextStep });

export function toResult(id: CheckId, finding: Finding): CheckResult {
  return { id, ...checks[id], ...finding };
}

/** Counts results by status. */
export function countResults(results: readonly Pick<CheckResult, 'status'>[]): Record<CheckStatus, number> {
  const counts = { ok: 0, warning: 0, problem: 0, skipped: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}
