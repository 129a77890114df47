import type { RepeatedLoadResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './package-warnings.module.css';
import { CommandLine } from '../../ui/copy-text.tsx';
import { formatNoun, pluralOf } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { runPipelines, type RunParams } from './run-queries.ts';

/** Tables that may have rows twice, because the run loaded a job of an interrupted run again. */
export function RepeatedLoads({ params }: { params: RunParams }) {
  const { data } = useQuery(runPipelines(params));
  const loads = data?.repeated_loads ?? [];
  const doubtful = loads.filter(({ status }) => status !== 'once');
  const once = loads.filter(({ status }) => status === 'once');
  return (
    <>
      {doubtful.length > 0 && <DoubtfulLoads loads={doubtful} />}
      {once.length > 0 && (
        <p className="quiet">
          Load jobs of an interrupted run were loaded again. {listTables(once)}{' '}
          {pluralOf(once.length, 'has', 'have')} their rows once.
        </p>
      )}
    </>
  );
}

function DoubtfulLoads({ loads }: { loads: readonly RepeatedLoadResponse[] }) {
  const isCertain = loads.some(({ status }) => status === 'twice');
  return (
    <Notice>
      <div className={classes.warnings} role="group" aria-label="Repeated loads">
        <strong>
          {isCertain ? 'Rows are at the destination twice.' : 'Rows may be at the destination twice.'}
        </strong>{' '}
        A run was interrupted while it loaded, so a job or its whole interval was loaded again. With a primary
        key and <code>write_disposition=&quot;merge&quot;</code>, that changes nothing.
        <ul>
          {loads.map((load) => (
            <li key={`${load.pipeline_name} ${load.schema_name} ${load.table_name} ${load.load_id}`}>
              <RepeatedLoad load={load} />
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  );
}

function RepeatedLoad({ load }: { load: RepeatedLoadResponse }) {
  const { status, rows_twice: rows, statement } = load;
  return (
    <>
      <span className="mono">{load.table_name}</span> of the pipeline {load.pipeline_name}{' '}
      {status === 'twice'
        ? `has ${rows === null ? 'rows' : formatNoun(rows, 'row')} twice`
        : 'may have rows twice'}
      , load <span className="mono">{load.load_id}</span>.
      {statement !== null && (
        <>
          {' '}
          This statement keeps one of each:
          <CommandLine command={statement} what={`Statement for ${load.table_name}`} />
        </>
      )}
    </>
  );
}

const listTables = (loads: readonly RepeatedLoadResponse[]): string =>
  [...new Set(loads.map((load) => load.table_name))].join(', ');
