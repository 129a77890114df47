import type { PageRegistry } from './page-registry.ts';
import type { Visit } from './visit.ts';
import { attempt, type Problem } from './problems.ts';
import { html } from './html.ts';
import { renderAnswer, renderAsker } from './agreement.ts';
import { renderField } from './fields.ts';
import { sessionOf } from './visit.ts';

/**
 * The page for clients that cannot open a browser and show a code: the user enters or checks the code and
 * approves it with a click.
 */
export function registerDevicePage({ get, post, services }: PageRegistry): void {
  const { deviceCodes } = services;
  const shown = ['sign_in_refused', 'too_many_sign_ins', 'not_found', 'invalid_request'] as const;

  get(
    '/device',
    async (visit) => {
      const typed = visit.asked('user_code') || visit.asked('code');
      if (typed === '') return showQuestion(visit, '', null);
      const found = await attempt(visit, shown, () => deviceCodes.find(typed, sessionOf(visit).userId));
      if ('problem' in found) return showQuestion(visit, typed, found.problem);
      const { userCode, client, address } = found.result;
      return visit.show({
        title: `Sign in to ${client}?`,
        body: html`<p>
            <strong>${client}</strong> in another terminal wants to sign in as you. Check that it shows this
            code:
          </p>
          <p class="code">${userCode}</p>
          ${renderAsker(visit, address)}
          <p>It gets all your permissions. Decline if someone sent you this code or link.</p>
          ${renderAnswer(
            visit,
            `${visit.at('/sign-in/device')}?${new URLSearchParams({ user_code: userCode }).toString()}`,
            html`<input type="hidden" name="user_code" value="${userCode}" /> `,
          )}`,
      });
    },
    { who: 'person' },
  );

  post(
    '/device',
    async (visit) => {
      const userCode = visit.sent('user_code');
      const isApproved = visit.sent('answer') === 'approve';
      const { userId } = sessionOf(visit);
      const done = await attempt(visit, shown, () =>
        isApproved ? deviceCodes.approve(userCode, userId) : deviceCodes.deny(userCode),
      );
      if ('problem' in done) return showQuestion(visit, userCode, done.problem);
      return visit.show({
        title: isApproved ? 'Signed in' : 'Declined',
        body: html`<p>
            ${
              isApproved
                ? 'Return to your terminal. It continues within seconds.'
                : 'The terminal was not signed in.'
            }
          </p>
          <p class="quiet">You can close this page.</p>`,
      });
    },
    { who: 'person' },
  );
}

function showQuestion(visit: Visit, typed: string, problem: Problem | null) {
  return visit.show(
    {
      title: 'Sign in from a terminal',
      hasProblem: problem !== null,
      body: html`<form method="get" action="${visit.at('/sign-in/device')}">
        ${renderField({ name: 'user_code', label: 'Code', autocomplete: 'off', value: typed, hint: 'The code that your terminal shows, such as BCDF-GHJK.', problem: problem?.text ?? null, isFirst: true })}
        <button type="submit">Continue</button>
      </form>`,
    },
    problem?.status ?? 200,
  );
}
