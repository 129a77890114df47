import type { PageServices } from './page-services.ts';
import type { Visit } from './visit.ts';

/**
 * Signs the browser in with the code of a client that opened it. It does nothing if the link is on another
 * site, or if a user is already signed in: an attacker could otherwise sign others in as themselves. Either
 * way the code is removed from the URL.
 */
export async function takeSwapCode(visit: Visit, { swapCodes }: PageServices): Promise<unknown> {
  const site = visit.request.headers['sec-fetch-site'];
  const isOpenedHere = site === undefined || site === 'none' || site === 'same-origin';
  if (!visit.session && isOpenedHere) {
    const person = await swapCodes.redeem(visit.asked('swap'));
    if (person) {
      const { userId, email, sessionId } = person;
      await visit.startSession({ id: userId, email }, 'client', sessionId);
    }
  }
  const [path = '', ...query] = visit.request.url.split('?');
  const rest = new URLSearchParams(query.join('?'));
  rest.delete('swap');
  return visit.go(`${visit.at(path)}${rest.size > 0 ? `?${rest.toString()}` : ''}`);
}
