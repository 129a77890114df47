/** A backup cannot be made, read or restored. The message says why and what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type BackupErrorCode =
  /** A file is missing, or differs from what the manifest says. */
  | 'backup_corrupt'
  | 'backup_location_taken'
  | 'backup_needs_key'
  | 'backup_not_found'
  | 'backup_running'
  /** Written by a newer Pumphouse. */
  | 'backup_too_new'
  | 'restore_needs_empty_database'
  | 'restore_needs_own_folder'
  | 'restore_needs_secret_key';
