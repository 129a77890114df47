import type { JobRunComparisonResponse } from '@pumphouse/contract';
import classes from './compare.module.css';
import table from '../../ui/table.module.css';
import { areSimilarLoads } from './deltas.ts';
import { DeltaCells } from './delta-cell.tsx';
import { DifferentRows } from './equal-rows.tsx';
import { Empty } from '../../ui/answers.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { Section } from '../../ui/page.tsx';

interface ComparedTablesProps {
  tables: JobRunComparisonResponse['tables'];
  base: { number: number };
  target: { number: number };
}

/** Rows and bytes per table in both runs. */
export function ComparedTables({ tables, base, target }: ComparedTablesProps) {
  const pipelineCount = new Set(tables.map((each) => each.pipeline_name)).size;
  const rows = tables.map(
    ({ pipeline_name: pipeline, schema_name: schema, table_name: name, before, after }) => ({
      key: `${pipeline} ${schema} ${name}`,
      isEqual: areSimilarLoads(before, after),
      row: (
        <tr>
          <th scope="row">
            {pipelineCount > 1 && <span className="quiet">{pipeline} · </span>}
            {name}
            {before === null && <span className="quiet"> only in #{target.number}</span>}
            {after === null && <span className="quiet"> only in #{base.number}</span>}
          </th>
          <DeltaCells
            label="rows"
            before={before?.rows_loaded}
            after={after?.rows_loaded}
            format={formatCount}
          />
          <DeltaCells
            label="bytes"
            before={before?.bytes_loaded}
            after={after?.bytes_loaded}
            format={formatBytes}
          />
        </tr>
      ),
    }),
  );
  return (
    <Section title="Tables">
      {tables.length === 0 ? (
        <Empty title="No tables loaded" />
      ) : (
        <div className={table.scroll}>
          <table className={`${table.table} ${classes.compared}`}>
            <thead>
              <tr>
                <th scope="col">Table</th>
                <th scope="col" className="number">
                  Rows #{base.number}
                </th>
                <th scope="col" className="number">
                  Rows #{target.number}
                </th>
                <th scope="col" className="number">
                  Difference
                </th>
                <th scope="col" className="number">
                  Bytes #{base.number}
                </th>
                <th scope="col" className="number">
                  Bytes #{target.number}
                </th>
                <th scope="col" className="number">
                  Difference
                </th>
              </tr>
            </thead>
            <tbody>
              <DifferentRows rows={rows} columnCount={7} />
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
