import type { Visit } from './visit.ts';
import { html, type Html } from './html.ts';
import { renderButton, renderForm } from './fields.ts';

/** Lets a different user sign in and return to this page. */
export function renderOtherPerson(visit: Visit): Html {
  return renderForm(
    visit.at('/sign-in/sign-out'),
    visit.formToken,
    html`<input type="hidden" name="return_to" value="${visit.at(visit.request.url)}" />
      ${renderButton('Use another account', { value: 'sign-out', kind: 'quiet' })}`,
  );
}
