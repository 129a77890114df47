import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { Explanation, Outcome } from '../../forms/change-form.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { DeleteVariable } from './delete-variable.tsx';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import type { Scope, Variable } from './variable-conflict.ts';
import { VariableForm } from './variable-form.tsx';
import { VariableRows } from './variable-rows.tsx';

/** Environment variables that workspace owners set for runs. */
export function VariablesPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('variable.read');
  return refused === null ? <Variables /> : <RefusedPage title="Variables" reason={refused} />;
}

type Asked =
  { what: 'add' } | { what: 'replace' | 'delete'; profile: string | null; variable: Variable } | null;

function Variables() {
  const { params, whyNotChange } = useWorkspace();
  const { data } = useSuspenseQuery(operation('list_workspace_variables', { params }));
  const [asked, setAsked] = useState<Asked>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const whyNot = whyNotChange('variable.update');
  const scopes = data.scopes.filter(({ profile, variables }) => profile === null || variables.length > 0);
  const finish = (text: string) => {
    setAsked(null);
    setOutcome(text);
  };
  return (
    <Page
      title="Variables"
      lead="Environment variables of runs in this workspace. They override the deployed configuration: SECTION__KEY sets key in [section]. Changes apply to new runs."
      actions={
        <ActionButton
          variant="filled"
          size="compact-md"
          whyNot={whyNot}
          onClick={() => setAsked({ what: 'add' })}
        >
          Add variable
        </ActionButton>
      }
    >
      <Outcome text={outcome} />
      {scopes.map((scope) => (
        <ScopeSection key={scope.profile ?? ''} scope={scope} whyNot={whyNot} onAsk={setAsked} />
      ))}
      {asked?.what === 'add' && (
        <VariableForm opened={null} scopes={data.scopes} onClose={() => setAsked(null)} onDone={finish} />
      )}
      {asked?.what === 'replace' && (
        <VariableForm opened={asked} scopes={data.scopes} onClose={() => setAsked(null)} onDone={finish} />
      )}
      {asked?.what === 'delete' && (
        <DeleteVariable
          profile={asked.profile}
          variable={asked.variable}
          onClose={() => setAsked(null)}
          onDone={finish}
        />
      )}
    </Page>
  );
}

interface ScopeSectionProps {
  scope: Scope;
  whyNot: string | null;
  onAsk: (asked: Asked) => void;
}

function ScopeSection({ scope: { profile, variables }, whyNot, onAsk }: ScopeSectionProps) {
  return (
    <Section title={profile === null ? 'All runs' : `Runs of the profile ${profile}`}>
      {profile !== null && (
        <Explanation>A variable here overrides the variable of the same name for all runs.</Explanation>
      )}
      {variables.length === 0 ? (
        <Empty title="No variables for all runs">Add one, such as a destination password.</Empty>
      ) : (
        <VariableRows
          variables={variables}
          whyNot={whyNot}
          onReplace={(variable) => onAsk({ what: 'replace', profile, variable })}
          onDelete={(variable) => onAsk({ what: 'delete', profile, variable })}
        />
      )}
    </Section>
  );
}
