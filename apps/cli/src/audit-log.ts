import type { AuditEntryRecord } from '@pumphouse/server/operator';
import { createServerLog, openStore, readConfig, toAuditEntry } from '@pumphouse/server/operator';
import { formatTable } from './table.ts';

/** Prints the newest changes of the installation, including those without an organization. */
export async function showAuditLog(options: { limit: number; json?: true }): Promise<void> {
  if (!Number.isInteger(options.limit) || options.limit < 1 || options.limit > 10_000)
    throw new Error('--limit must be a whole number from 1 to 10000.');
  const config = readConfig();
  const opened = await openStore(config, createServerLog({ ...config, logLevel: 'warn' }));
  try {
    const { auditLog } = opened.persistence.store;
    const { rows } = await auditLog.list({}, {}).read({ limit: options.limit, offset: 0 });
    process.stdout.write(
      options.json ? `${JSON.stringify(rows.map(toAuditEntry), null, 2)}\n` : formatEntries(rows),
    );
  } finally {
    await opened.close();
  }
}

function formatEntries(entries: readonly AuditEntryRecord[]): string {
  const rows = entries.map((entry) => [
    entry.at.toISOString().slice(0, 19).replace('T', ' '),
    entry.actorEmail ?? entry.actorKind,
    entry.address ?? '-',
    entry.action,
    entry.targetName ?? entry.targetId ?? '-',
  ]);
  return formatTable([['AT (UTC)', 'WHO', 'FROM', 'DID', 'TO'], ...rows]);
}
