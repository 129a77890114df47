/** As often as most installations of Prometheus scrape. */
export const scrapeSeconds = 15;
