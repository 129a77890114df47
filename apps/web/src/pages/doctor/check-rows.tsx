import type { CheckResponse } from '@pumphouse/contract';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { checkAppearance } from './check-texts.ts';

/** Table of checks; the next step is below what was found. */
export function CheckRows({ checks }: { checks: readonly CheckResponse[] }) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Check</th>
            <th scope="col">Found</th>
          </tr>
        </thead>
        <tbody>
          {checks.map(({ id, status, title, found, next_step }) => (
            <tr key={id}>
              <td>
                <State look={checkAppearance(status)} />
              </td>
              <td>{title}</td>
              <td data-wide="true">
                {found}
                {next_step !== null && <div className="quiet">Next step: {next_step}</div>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
