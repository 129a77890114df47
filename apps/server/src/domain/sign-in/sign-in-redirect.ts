const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Reads the loopback address on which a client on the user's own machine waits for the answer of a sign-in;
 * null for any other address. A code sent elsewhere would leak to a third party.
 */
export function readLoopbackRedirect(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain =
    !url.username && !url.password && url.search === '' && url.hash === '' && !text.includes('#');
  const isLoopback = url.protocol === 'http:' && loopbackHosts.has(url.hostname) && url.port !== '';
  return isPlain && isLoopback && url.pathname === '/callback' ? url.href : null;
}

/** The address at which the console of the server at `origin` receives the answer of a sign-in. */
export function consoleRedirect(origin: string): string {
  return `${origin}/callback`;
}

/**
 * Adds an answer to a redirect address.
 * @param answer such as `{ code, state }`
 */
export function answerAt(redirectUri: string, answer: Record<string, string>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  return url.href;
}
