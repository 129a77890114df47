const kinds: Readonly<Record<string, string>> = {
  opened: 'Opened',
  reminder: 'Reminder',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  test: 'Test',
};

/** The title of a message's kind; a newer server may have others. */
export const describeMessageKind = (kind: string): string => kinds[kind] ?? kind;
