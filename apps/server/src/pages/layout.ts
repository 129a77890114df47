import { html, type Html, type HtmlValue } from './html.ts';

export interface Page {
  /** Also the heading. */
  title: string;
  body: HtmlValue;
  /** Added to the head, in addition to the common elements. */
  head?: HtmlValue;
  /**
   * Whether the user has to correct something. The title then says so, because screen readers read it first.
   */
  hasProblem?: boolean;
  /** The signed-in user, if relevant. */
  email?: string | null;
}

/** @param at converts a path to a URL of this server */
export function renderPage(
  { title, body, head, hasProblem, email }: Page,
  at: (path: string) => string,
): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${hasProblem && 'Problem: '}${title} – Pumphouse</title>
        <link rel="icon" href="${at('/sign-in/icon.svg')}" type="image/svg+xml" />
        <link rel="stylesheet" href="${at('/sign-in/style.css')}" />
        ${head}
      </head>
      <body>
        <header>
          <span class="mark"
            ><img src="${at('/sign-in/icon.svg')}" alt="" width="24" height="24" />Pumphouse</span
          >${email && html`<a class="who" href="${at('/sign-in/account')}">${email}</a>`}
        </header>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
}
