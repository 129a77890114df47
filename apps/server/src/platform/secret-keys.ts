/** The secret keys of a server. */
export interface SecretKeys {
  /** Writes and reads. */
  current: Uint8Array;
  /** Only read: keys of before, and a key that is to be the next one. */
  others: readonly Uint8Array[];
}
