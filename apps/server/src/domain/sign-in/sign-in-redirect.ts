const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Where a client on the person's own machine waits for the answer of a sign-in; null for any other address. A code that went elsewhere
 * would be somebody else's.
 */
export function readLoopbackRedirect(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain =
    !url.username && !url.password && url.search === '' && url.hash === '' && !text.includes('#');
  const isLoopback = url.protocol === 'http:' && loopbackHosts.has(url.hostname) && url.port !== '';
  return isPlain && isLoopback && url.pathname === '/callback' ? url.href : null;
}

/** Where the console of the server at `origin` waits for the answer of a sign-in. */
export function consoleRedirect(origin: string): string {
  return `${origin}/callback`;
}

/** The address with an answer. @param answer such as `{ code, state }` */
export function answerAt(redirectUri: string, answer: Record<string, string>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  return url.href;
}
