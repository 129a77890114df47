import type { PageRegistry } from './page-registry.ts';
import { html } from './html.ts';
import { sessionOf } from './visit.ts';

/**
 * Admits a signed-in user to an app, which has its own host and no knowledge of users. The author of the link
 * chooses the app, but only the user is admitted, and only to an app they may see.
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
      // Not a redirect: after a form submission such as the sign-in, browsers check redirect targets against
      // the allowed form targets.
      visit.setHeader('refresh', `0; url=${url}`);
      return visit.show({
        title: `Opening ${name}`,
        body: html`<p><a href="${url}">Open ${name}</a></p>`,
      });
    },
    { who: 'person' },
  );
}
