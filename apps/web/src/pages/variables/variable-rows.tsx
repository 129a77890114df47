import { explainReservedVariable } from '@pumphouse/contract';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { usePeople } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from '../people/people.module.css';
import classes from './variables.module.css';
import type { Variable } from './variable-conflict.ts';

interface VariableRowsProps {
  variables: readonly Variable[];
  whyNot: string | null;
  onReplace: (variable: Variable) => void;
  onDelete: (variable: Variable) => void;
}

/** Variables of a scope, sorted by name. Secrets are masked: the server never returns them. */
export function VariableRows({ variables, whyNot, onReplace, onDelete }: VariableRowsProps) {
  const { id } = useWorkspace();
  const nameOf = usePeople(id);
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${classes.variables}`}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
            <th scope="col">Updated</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {variables.map((variable) => (
            <tr key={variable.name}>
              <td data-wide="true" className={classes.name}>
                <span className="mono">{variable.name}</span>
                <NotUsed name={variable.name} />
              </td>
              <td data-wide="true">
                <Value variable={variable} />
              </td>
              <td data-label="updated">
                <Time at={variable.updated_at} /> by {nameOf(variable.updated_by)}
              </td>
              <td>
                <div className={people.actions}>
                  <ActionButton
                    whyNot={whyNot}
                    aria-label={`Replace ${variable.name}`}
                    onClick={() => onReplace(variable)}
                  >
                    Replace
                  </ActionButton>
                  <ActionButton
                    whyNot={whyNot}
                    aria-label={`Delete ${variable.name}`}
                    onClick={() => onDelete(variable)}
                  >
                    Delete
                  </ActionButton>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The server keeps variables whose name was reserved after they were set, but passes them to no run. */
function NotUsed({ name }: { name: string }) {
  const reason = explainReservedVariable(name);
  return reason === null ? null : <div className="quiet">Not used in runs. {reason}</div>;
}

function Value({ variable }: { variable: Variable }) {
  if (variable.type === 'secret') {
    return (
      <span className="quiet" title="Secret: encrypted, masked in logs and never shown again.">
        •••••••• secret
      </span>
    );
  }
  return (
    <div className="mono cut" title={variable.value}>
      {variable.value === '' ? <span className="quiet">empty</span> : variable.value}
    </div>
  );
}
