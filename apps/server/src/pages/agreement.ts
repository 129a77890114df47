import type { Visit } from './visit.ts';
import { html, type Html } from './html.ts';
import { renderButton, renderForm } from './fields.ts';
import { renderOtherPerson } from './other-person.ts';
import { sessionOf } from './visit.ts';

/** Shows which user would be signed in, and where the request came from; a page may add more. */
export function renderAsker(visit: Visit, address: string | null, more: Html = html``): Html {
  return html`<dl class="details">
    <dt>Account</dt>
    <dd><strong>${sessionOf(visit).email}</strong></dd>
    ${
      address &&
      html`<dt>Requested from</dt>
        <dd>${address}</dd>`
    }
    ${more}
  </dl> `;
}

/**
 * The two buttons, and a way to switch accounts.
 * @param kept additional form fields
 */
export function renderAnswer(visit: Visit, address: string, kept: Html = html``): Html {
  return html`${renderForm(
    address,
    visit.formToken,
    html`${kept}${renderButton('Sign in', { value: 'approve' })}${renderButton('Decline', { value: 'deny', kind: 'plain' })}`,
  )}
  ${renderOtherPerson(visit)}`;
}
