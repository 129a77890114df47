/**
 * Properties of a link that chooses a value in the URL of the page: `<Link {...choiceLink(isChosen)} search=…>`.
 * The caller decides whether it is chosen, because the router compares the text of the URL with lists and defaults,
 * and finds them different: `?status=failed`, or a default that the URL names.
 */
export const choiceLink = (isChosen: boolean) =>
  ({
    to: '.',
    replace: true,
    resetScroll: false,
    // Without this the router marks each link whose parameters are missing in the URL.
    activeOptions: { explicitUndefined: true },
    'aria-current': isChosen ? 'page' : undefined,
  }) as const;
