/** Base path of the console, with a trailing slash. The server writes it into the page. */
export const basePath = new URL(document.baseURI).pathname;

/** URL of the server, without a trailing slash. */
export const apiBaseUrl = `${location.origin}${basePath.replace(/\/+$/, '')}`;

/** URL of the documentation, which the same server has. */
export const docsUrl = `${apiBaseUrl}/docs/`;
