/** The time zone of the viewer's browser, such as Europe/Berlin. */
export const viewersZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
