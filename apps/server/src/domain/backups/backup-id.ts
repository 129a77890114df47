/** The id of a backup begins with its time, so that ids sort by age. */
const idPattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{6}$/;

/** @param random six hex digits: two backups may begin in the same second */
export function makeBackupId(at: Date, random: string): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${random}`;
}

/** Returns when a backup began; null for a text that is not the id of a backup. */
export function readBackupTime(id: string): Date | null {
  const parts = idPattern.exec(id);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const owned = /^(?:tables|lists|packs)\/([^/.]+?)(?:-\d{4})?(?:[/.]|$)/;

/** Returns the id of the backup that wrote a file of the backup location; null for other files. */
export function readOwner(key: string): string | null {
  const id = owned.exec(key)?.[1] ?? '';
  return readBackupTime(id) === null ? null : id;
}
