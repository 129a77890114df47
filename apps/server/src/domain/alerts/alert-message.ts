/** What a channel sends about an incident. Texts are plain and bounded; parts of them come from user code. */
export interface AlertMessage {
  kind: 'opened' | 'reminder' | 'acknowledged' | 'resolved' | 'test';
  /** Receivers use it to join messages about one incident; null for a test. */
  incidentId: string | null;
  severity: 'info' | 'warning' | 'critical';
  workspace: { id: string; name: string };
  /** One line, e.g. `sales.load failed: KeyError: 'id'`. Without the state, which is the kind. */
  title: string;
  /** More lines; may be empty. */
  details: readonly string[];
  facts: readonly { label: string; value: string }[];
  /** The first link is the main one. Absolute URLs. */
  links: readonly { label: string; url: string }[];
  /** ISO instant. */
  occurredAt: string;
}
