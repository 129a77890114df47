import { stringify } from 'yaml';
import { findOrganization } from '../organizations/find-organization.ts';
import type { Session } from '../session/session.ts';
import { nestEntries } from './entries/nest-entries.ts';
import { SecretValue } from './entries/entry.ts';
import { explainPermissions } from './state/explain-permissions.ts';
import { readState } from './state/read-state.ts';
import { wholeOrganization } from './state/selection.ts';

export interface ExportOptions {
  organization?: string;
}

/** Prints an organization as a file. */
export async function exportFile(session: Session, options: ExportOptions): Promise<void> {
  const { name } = await findOrganization(session, options.organization);
  const { entries } = await readState(
    explainPermissions(session.client),
    new Map([[name, wholeOrganization]]),
  );
  const file = nestEntries(entries);
  session.show(
    file,
    () =>
      `# yaml-language-server: $schema=${session.serverUrl}/docs/reference/apply-file.schema.json\n${stringify(file)}`,
  );
  const secrets = entries
    .flatMap(({ attributes }) => Object.values(attributes))
    .filter((value) => value instanceof SecretValue);
  if (secrets.length > 0) {
    session.terminal.note(
      `${secrets.length === 1 ? '1 secret is' : `${secrets.length} secrets are`} written as references to variables of the environment: the server does not return secrets.`,
    );
  }
}
