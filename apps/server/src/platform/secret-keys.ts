/** The secret keys of a server. */
export interface SecretKeys {
  /** Encrypts and decrypts. */
  current: Uint8Array;
  /** Previous keys and the next key, which only decrypt. */
  others: readonly Uint8Array[];
}
