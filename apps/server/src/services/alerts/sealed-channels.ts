/** Ciphertexts of a channel's address or routing key cannot be opened elsewhere. */
export function targetContext(channelId: string): string {
  return JSON.stringify(['alert channel target', channelId]);
}

export function signingSecretContext(channelId: string): string {
  return JSON.stringify(['alert channel signing secret', channelId]);
}
