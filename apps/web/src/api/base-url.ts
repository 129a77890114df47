/** The path that this console lies under, with a slash at its end: the server writes it into the page. */
export const basePath = new URL(document.baseURI).pathname;

/** The address of the server, without a slash at its end. */
export const apiBaseUrl = `${location.origin}${basePath.replace(/\/+$/, '')}`;
