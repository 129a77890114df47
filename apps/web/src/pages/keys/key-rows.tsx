import type { PersonalKeyResponse, WorkspaceKeyResponse } from '@pumphouse/contract';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import table from '../../ui/table.module.css';
import { ClockTime, Time, useNow } from '../../ui/time.tsx';
import people from '../people/people.module.css';

type Key = PersonalKeyResponse &
  Partial<Pick<WorkspaceKeyResponse, 'role' | 'issued_by' | 'is_issuer_owner'>>;

interface KeyRowsProps {
  keys: readonly Key[];
  /** True for workspace keys, which have a role and an issuer. */
  isOfWorkspace: boolean;
  whyNotRevoke: string | null;
  revoke: (keyId: string) => Promise<unknown>;
  onRevoked: (name: string) => void;
}

const nameOf = ({ name, prefix }: Key) => name ?? `${prefix}…`;

/** Table of keys, newest first. */
export function KeyRows({ keys, isOfWorkspace, whyNotRevoke, revoke, onRevoked }: KeyRowsProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Prefix</th>
            {isOfWorkspace && <th scope="col">Role</th>}
            {isOfWorkspace && <th scope="col">Created by</th>}
            <th scope="col">Created</th>
            <th scope="col">Last used</th>
            <th scope="col">Expires</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <td data-wide="true">{key.name ?? <span className="quiet">unnamed</span>}</td>
              <td className="mono">{key.prefix}…</td>
              {isOfWorkspace && <td>{key.role ?? 'none'}</td>}
              {isOfWorkspace && <td data-label="by">{<Issuer of={key} />}</td>}
              <td data-label="created">
                <Time at={key.created_at} />
              </td>
              <td data-label="last used">
                {key.last_used_at === null ? 'never' : <Time at={key.last_used_at} />}
              </td>
              <td data-label="expires">
                <KeyEnd at={key.expires_at} />
              </td>
              <td>
                <div className={people.actions}>
                  <AskingButton
                    label="Revoke"
                    aria-label={`Revoke key ${nameOf(key)}`}
                    whyNot={whyNotRevoke}
                    question={`Revoke key ${nameOf(key)}?`}
                    act={() => revoke(key.id)}
                    onDone={() => onRevoked(nameOf(key))}
                  >
                    Clients that use this key lose access immediately, and keys created with it are revoked
                    too. You cannot undo this.
                  </AskingButton>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Issuer({ of }: { of: Key }) {
  if (of.is_issuer_owner !== false) return <>{of.issued_by}</>;
  return (
    <>
      {of.issued_by}{' '}
      <span className={people.mark} title="This person has seen the key. Replace it.">
        no longer an owner
      </span>
    </>
  );
}

function KeyEnd({ at }: { at: string }) {
  const isOver = new Date(at).getTime() < useNow(60);
  return isOver ? (
    <span className={people.mark}>
      expired <ClockTime at={at} />
    </span>
  ) : (
    <ClockTime at={at} />
  );
}
