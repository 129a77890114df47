/** What a client calls itself, for people who are asked whether it is theirs: `dlthub-cli 0.28.7`. It proves nothing. */
export function readClientName(userAgent: string | null | undefined): string {
  const match = /^([\w.+-]{1,40})(?:\/([\w.+-]{1,20}))?/.exec(userAgent ?? '');
  if (!match?.[1]) return 'unknown client';
  return match[2] ? `${match[1]} ${match[2]}` : match[1];
}
