import { minPasswordLength } from '../domain/sign-in/new-password.ts';
import { html, type Html, type HtmlValue } from './html.ts';

/** Shown beside each field for a new password. */
export const passwordHint = `At least ${minPasswordLength} characters. Use a passphrase.`;

export interface Field {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  /** Used by password managers. */
  autocomplete: string;
  /** Never set for a password. */
  value?: string;
  hint?: string;
  problem?: string | null;
  /** Whether the field is focused when the page opens. */
  isFirst?: boolean;
  isReadOnly?: boolean;
}

/** Renders a labelled input; its error is shown next to it and read out with it. */
export function renderField(field: Field): Html {
  const { name, label, type = 'text', autocomplete, value, hint, problem, isFirst, isReadOnly } = field;
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ');
  return html`<div class="field${problem && ' wrong'}">
    <label for="${name}">${label}</label>
    ${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${problem && html`<p class="problem" id="${name}-problem">${problem}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      required${
        type !== 'password' && value !== undefined && html` value="${value}"`
      }${described !== '' && html` aria-describedby="${described}"`}${problem && html` aria-invalid="true"`}${
        isFirst && html` autofocus`
      }${isReadOnly && html` readonly`}${type === 'email' && html` inputmode="email" spellcheck="false" autocapitalize="none"`}
    />
  </div> `;
}

/** Renders a notice that is not about a particular field. */
export function renderNotice(text: string | null | undefined, kind: 'problem' | 'done' = 'problem'): Html {
  if (!text) return html``;
  return html`<p class="notice ${kind}" role="${kind === 'problem' ? 'alert' : 'status'}">${text}</p> `;
}

/** Renders a submit button; `value` if the form has two. */
export function renderButton(label: string, choice?: { value: string; kind?: 'plain' | 'quiet' }): Html {
  return html`<button
    type="submit"
    ${choice && html` name="answer" value="${choice.value}"`}${choice?.kind && html` class="${choice.kind}"`}
  >
    ${label}
  </button> `;
}

/** @param token of `Visit.formToken`; without it the form is rejected */
export function renderForm(action: string, token: string, content: HtmlValue): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="form_token" value="${token}" />
    ${content}
  </form> `;
}
