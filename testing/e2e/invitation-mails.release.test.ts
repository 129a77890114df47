import { describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { readMailText, startMailServer } from '../fixtures/mail-server.ts';
import { startTestServer } from '../fixtures/server.ts';

describe('the mail of an invitation', () => {
  it('delays no call, and is not lost when the server is killed while sending it', async () => {
    const held = Promise.withResolvers<void>();
    let heldCount = 0;
    const hold = () => {
      heldCount += 1;
      return held.promise;
    };
    const mails = await startMailServer({ hold });
    const hasLink = (address: string, link: string, atLeast = 1) => {
      const mine = mails.received.filter(({ to }) => to[0] === address);
      return mine.length >= atLeast && mine.every((mail) => readMailText(mail).includes(link));
    };
    const variables = { PUMPHOUSE_SMTP_URL: mails.url, PUMPHOUSE_MAIL_FROM: 'pump@example.com' };
    const first = await startTestServer(variables);
    try {
      const organizations = await first.client.call('list_organizations', { query: {} });
      const organizationId = organizations.items[0]?.id ?? '';
      const invite = async (url: string, email: string) => {
        const response = await fetch(`${url}/pumphouse/v1/organizations/${organizationId}/invitations`, {
          method: 'POST',
          headers: { authorization: `Bearer ${first.key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ email, role: 'member' }),
        });
        return (await response.json()) as { link: string; mail: string };
      };
      const invited = await invite(first.url, 'analyst@example.com');
      // Returned although the mail server has not responded yet.
      expect(invited).toMatchObject({ mail: 'waiting' });
      await eventually('the mail server has the mail, and does not say so', () => heldCount === 1);
      await first.end('SIGKILL');
      held.resolve();
      // A mail that the first server took is sent again when its lease expires; one that it never took is
      // sent at once.
      const second = await first.restart();
      const later = await invite(second.url, 'engineer@example.com');
      await eventually('the mail of now is there', () => hasLink('engineer@example.com', later.link));
      await second.end('SIGTERM');
      const third = await first.restart();
      await eventually('the mail of the killed server is there', () =>
        hasLink('analyst@example.com', invited.link, 2),
      );
      await third.end('SIGTERM');
    } finally {
      await first.remove();
      await mails.close();
    }
  });
});
