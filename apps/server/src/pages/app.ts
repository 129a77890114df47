import type { PageRegistry } from './page-registry.ts';
import { html } from './html.ts';
import { sessionOf } from './visit.ts';

/**
 * Lets somebody who is signed in here into an app, which has a host of its own and knows nobody. Whoever made the link chose the app: it
 * lets the person in there, and nobody else, and only where they may see it.
 */
export function registerAppPage({ get, services }: PageRegistry): void {
  get(
    '/app',
    async (visit) => {
      const { url, name } = await services.openApp({
        jobId: visit.asked('app'),
        userId: sessionOf(visit).userId,
        path: visit.asked('to').startsWith('/') ? visit.asked('to') : null,
      });
      // Not a redirect: after a form, as that of the sign-in, browsers hold its target against what forms may lead to.
      visit.setHeader('refresh', `0; url=${url}`);
      return visit.show({
        title: `Opening ${name}`,
        body: html`<p><a href="${url}">Open ${name}</a></p>`,
      });
    },
    { who: 'person' },
  );
}
