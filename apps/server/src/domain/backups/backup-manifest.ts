import { z } from 'zod';

/** Raised when a newer Pumphouse writes backups that this one cannot read. */
export const backupFormat = 1;

const storedFile = z.object({
  /** The key in the backup location. */
  key: z.string(),
  /** As stored: compressed, and encrypted if the backup is. */
  sizeBytes: z.number().int().nonnegative(),
  /** Of the stored bytes, in hex: a backup can be checked without its key. */
  sha256: z.string(),
});

/** What a backup consists of. It is written last: a backup without a manifest does not exist. */
export const backupManifestSchema = z.object({
  format: z.literal(backupFormat),
  id: z.string(),
  installationId: z.uuid(),
  /** The moment of the database that the backup contains. */
  takenAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** The Pumphouse version that wrote it. */
  release: z.string(),
  postgresVersion: z.string(),
  migrations: z.array(z.object({ number: z.number().int(), name: z.string(), sha256: z.string() })),
  /** The secret keys that the stored secrets need. */
  secretKeyIds: z.array(z.string()),
  /** Null: not encrypted. */
  encryption: z.object({ recipients: z.array(z.string()) }).nullable(),
  counts: z.object({
    workspaces: z.number().int(),
    runs: z.number().int(),
    activeRuns: z.number().int(),
  }),
  /** `disks`: runs have local data on disks, which is not in the backup. Absent in backups of earlier releases. */
  localData: z.enum(['objects', 'disks']).optional(),
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      rows: z.number().int(),
      file: storedFile,
    }),
  ),
  sequences: z.array(z.object({ name: z.string(), value: z.string(), isCalled: z.boolean() })),
  blobs: z.object({
    count: z.number().int(),
    sizeBytes: z.number().int(),
    /** Logs whose files were lost before the backup. */
    missingLogs: z.number().int(),
    list: storedFile,
  }),
  packs: z.array(storedFile),
});

export type BackupManifest = z.output<typeof backupManifestSchema>;
export type StoredFile = z.output<typeof storedFile>;

/** One blob of a backup: a line of its list. */
export const backupBlobSchema = z.object({
  key: z.string(),
  sizeBytes: z.number().int().nonnegative(),
  /** Of the content, in hex. */
  sha256: z.string(),
  /** What tells whether the blob has changed since: a change makes the next backup copy it again. */
  version: z.string(),
  /** The key of the pack that contains it. */
  pack: z.string(),
});

export type BackupBlob = z.output<typeof backupBlobSchema>;

/** @returns the stored bytes of a backup, with the packs that it shares with others */
export function sumStoredBytes({ tables, blobs, packs }: BackupManifest): number {
  const files = [...tables.map(({ file }) => file), blobs.list, ...packs];
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Lists all files of a backup except its manifest. */
export function listStoredFiles({ tables, blobs, packs }: BackupManifest): StoredFile[] {
  return [...tables.map(({ file }) => file), blobs.list, ...packs];
}

/** Says in a line what of the installation is not in a backup, and what to do; null if it has everything. */
export function describeLeftOut({ localData }: Pick<BackupManifest, 'localData'>): string | null {
  if (localData === 'objects') return null;
  return (
    'Not in the backup: local data of runs on disks (.dlt/data, such as DuckDB files) and their pending packages. ' +
    'Copy it while no run is active: docs/operate/backup.md#local-data'
  );
}
