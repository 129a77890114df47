const maxUrlLength = 2000;

/** The host of a URL without the brackets of an IPv6 address. */
export function plainHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** Returns why a text is no URL for outbound requests, without quoting it; null if it is one. */
export function findUrlProblem(text: string): string | null {
  if (text.length > maxUrlLength) return `must have at most ${maxUrlLength} characters`;
  if (!URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or a password';
  return null;
}
