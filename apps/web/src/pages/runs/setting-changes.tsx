import type { JobRunComparisonResponse } from '@pumphouse/contract';
import classes from './compare.module.css';
import table from '../../ui/table.module.css';

/** Changed settings with both values. */
export function SettingChanges({ changes }: { changes: JobRunComparisonResponse['job_changes'] }) {
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${classes.compared}`}>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ key, before, after }) => (
            <tr key={key}>
              <th scope="row" className="mono">
                {key}
              </th>
              <td className={classes.value} data-label="before" data-kind="removed">
                {before ?? <span className="quiet">not set</span>}
              </td>
              <td className={classes.value} data-label="after" data-kind="added">
                {after ?? <span className="quiet">not set</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
