import type { AlertMessage } from '../alert-message.ts';

const prefixes: Record<AlertMessage['kind'], string> = {
  opened: '',
  reminder: 'Still open: ',
  acknowledged: 'Acknowledged: ',
  resolved: 'Resolved: ',
  test: 'Test: ',
};

/** The title with its state, such as `Resolved: jobs.sales.load failed`. */
export function describeTitle({ kind, title }: AlertMessage): string {
  return `${prefixes[kind]}${title}`;
}

/** The label of a severity, for people. */
export const severityLabels: Record<AlertMessage['severity'], string> = {
  info: 'Info',
  warning: 'Warning',
  critical: 'Critical',
};
