import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { readVariables } from './stored-variables.ts';

/** Lists variables with their scope. Values on several lines are shown in one. */
export async function listVariables(session: Session, { profile }: { profile?: string }): Promise<void> {
  const { terminal } = session;
  const all = await readVariables(session);
  const variables = profile === undefined ? all : all.filter((variable) => variable.profile === profile);
  session.show(variables, () => {
    if (variables.length === 0) {
      return profile === undefined
        ? 'There are no variables. Set one: pumphouse variable set NAME'
        : `No variables of profile ${profile}.`;
    }
    return formatTable(
      variables,
      [
        { title: 'NAME', text: ({ name }) => name },
        { title: 'PROFILE', text: ({ profile }) => profile ?? 'all' },
        {
          title: 'VALUE',
          text: (variable) =>
            variable.type === 'secret'
              ? terminal.tone('quiet', '(secret)')
              : variable.value.replaceAll(/\r?\n/g, '⏎'),
        },
        { title: 'UPDATED', text: ({ updated_at }) => formatRelative(updated_at), dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}
