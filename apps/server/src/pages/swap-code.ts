import type { PageServices } from './page-services.ts';
import type { Visit } from './visit.ts';

/**
 * A code of a client that opened the browser signs the browser in. Not where a link on another site brought it, and not where somebody is
 * signed in: with a code of their own others would sign people in as themselves. Either way it does not stay in the address.
 */
export async function takeSwapCode(visit: Visit, { swapCodes }: PageServices): Promise<unknown> {
  const site = visit.request.headers['sec-fetch-site'];
  const isOpenedHere = site === undefined || site === 'none' || site === 'same-origin';
  if (!visit.session && isOpenedHere) {
    const person = await swapCodes.redeem(visit.asked('swap'));
    if (person) await visit.startSession({ id: person.userId, email: person.email }, 'client');
  }
  const [path = '', ...query] = visit.request.url.split('?');
  const rest = new URLSearchParams(query.join('?'));
  rest.delete('swap');
  return visit.go(`${visit.at(path)}${rest.size > 0 ? `?${rest.toString()}` : ''}`);
}
