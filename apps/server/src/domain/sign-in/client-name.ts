/**
 * Reads the name of a client from its user agent, such as `dlthub-cli 0.28.7`, shown to users who confirm a
 * sign-in. It is self-reported and proves nothing.
 */
export function readClientName(userAgent: string | null | undefined): string {
  const match = /^([\w.+-]{1,40})(?:\/([\w.+-]{1,20}))?/.exec(userAgent ?? '');
  if (!match?.[1]) return 'unknown client';
  return match[2] ? `${match[1]} ${match[2]}` : match[1];
}
