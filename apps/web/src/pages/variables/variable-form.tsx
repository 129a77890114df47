import { Modal, NativeSelect, Radio, Group, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { findConflict, findVariable, type Conflict, type Scope, type Variable } from './variable-conflict.ts';

interface VariableFormProps {
  /** The variable to replace; null to create one. */
  opened: { profile: string | null; variable: Variable } | null;
  scopes: readonly Scope[];
  onClose: () => void;
  onDone: (text: string) => void;
}

interface Values {
  name: string;
  /** Empty for all runs; `another` for the profile in `profile`. */
  scope: string;
  profile: string;
  type: 'plain' | 'secret';
  value: string;
}

/** Cannot collide with a profile name, since it contains a space. */
const another = 'another profile';

/** Form that sets a variable. Warns before it overwrites a concurrent change by another user. */
export function VariableForm({ opened, scopes, onClose, onDone }: VariableFormProps) {
  const { params } = useWorkspace();
  const profiles = useProfiles(scopes);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const change = useChange<Values, Conflict | null>({
    initial: {
      name: opened?.variable.name ?? '',
      scope: opened?.profile ?? '',
      profile: '',
      type: opened?.variable.type ?? 'secret',
      value: opened?.variable.type === 'plain' ? opened.variable.value : '',
    },
    check: findProblems,
    fieldOf: fieldOfVariable,
    send: async ({ name, value, type, ...where }) => {
      const profile = profileOf(where);
      const latest = await api.call('list_workspace_variables', { params });
      const found = findConflict(opened?.variable, findVariable(latest.scopes, profile, name));
      if (found && JSON.stringify(found) !== JSON.stringify(conflict)) return found;
      const body = { profile, upserts: [{ name, type, value }] };
      await api.call('update_workspace_variables', { params, body });
      return null;
    },
    onDone: (found, { name }) => {
      void fetchAnew(queryClient, ['list_workspace_variables']);
      setConflict(found);
      if (!found) onDone(`${name} saved. New runs get it.`);
    },
  });
  const { values, problems } = change;
  /** A conflict concerns one variable only, so another name or scope clears it. */
  const choose = (field: 'name' | 'scope', value: string) => {
    change.set(field, value);
    setConflict(null);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={opened ? `Replace ${opened.variable.name}` : 'Add variable'}
      centered
      size="lg"
    >
      <ChangeForm change={change} action={conflict ? 'Overwrite' : 'Save'}>
        {conflict && <ConflictNotice conflict={conflict} />}
        <TextInput
          label="Name"
          description="Letters, digits and _. DESTINATION__POSTGRES__PASSWORD sets password in [destination.postgres]."
          autoComplete="off"
          spellCheck={false}
          data-autofocus={opened === null || undefined}
          readOnly={opened !== null}
          value={values.name}
          error={problems.name}
          onChange={(event) => choose('name', event.currentTarget.value)}
        />
        <NativeSelect
          label="Scope"
          description="By default, jobs use the profile prod and apps use access."
          disabled={opened !== null}
          value={values.scope}
          data={[
            { value: '', label: 'All runs' },
            ...profiles.map((profile) => ({
              value: profile,
              label: `Runs of the profile ${profile}`,
            })),
            { value: another, label: 'Runs of another profile…' },
          ]}
          onChange={(event) => choose('scope', event.currentTarget.value)}
        />
        {values.scope === another && (
          <TextInput
            label="Profile"
            description="The name that jobs and configuration files use. dev and tests exist only on developers' machines."
            autoComplete="off"
            value={values.profile}
            error={problems.profile}
            onChange={(event) => change.set('profile', event.currentTarget.value)}
          />
        )}
        <Radio.Group
          label="Type"
          description="Secrets are encrypted, masked in logs and never shown again. Plain values stay visible here."
          value={values.type}
          onChange={(type) => change.set('type', type)}
        >
          <Group my="xs">
            <Radio value="secret" label="Secret" />
            <Radio value="plain" label="Plain" />
          </Group>
        </Radio.Group>
        <Textarea
          label="Value"
          description={
            opened?.variable.type === 'secret'
              ? 'Enter a new value. The current value cannot be shown.'
              : 'Line breaks and spaces are kept.'
          }
          autosize
          minRows={2}
          maxRows={10}
          autoComplete="off"
          spellCheck={false}
          data-autofocus={opened !== null || undefined}
          value={values.value}
          error={problems.value}
          onChange={(event) => change.set('value', event.currentTarget.value)}
        />
      </ChangeForm>
    </Modal>
  );
}

const profileOf = ({ scope, profile }: Pick<Values, 'scope' | 'profile'>) =>
  scope === another ? profile : scope || null;

function findProblems({ name, scope, profile, type, value }: Values) {
  return [
    ...(name === '' ? [{ key: 'name', message: 'enter a name' }] : []),
    ...(scope === another && profile === '' ? [{ key: 'profile', message: 'enter a profile' }] : []),
    ...(type === 'secret' && value === ''
      ? [{ key: 'value', message: 'must not be empty for a secret' }]
      : []),
  ];
}

/** The server refers to a variable by its index in the request, or by its name if that is already taken. */
function fieldOfVariable(key: string, { name }: Values): string {
  return key === name ? 'name' : key.replace(/^upserts\.0\./, '');
}

/** Profiles with variables and profiles of the latest configuration. */
function useProfiles(scopes: readonly Scope[]): string[] {
  const { params } = useWorkspace();
  const { data } = useQuery(operation('list_configurations', { params, query: { limit: 1 } }));
  const known = scopes.flatMap(({ profile }) => profile ?? []);
  return [...new Set([...known, ...(data?.items[0]?.profiles ?? []), 'prod', 'access'])]
    .filter((profile) => profile !== 'dev' && profile !== 'tests')
    .toSorted();
}
