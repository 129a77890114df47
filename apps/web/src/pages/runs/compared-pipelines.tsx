import type { JobRunComparisonResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './compare.module.css';
import table from '../../ui/table.module.css';
import { areSimilarDurations } from './deltas.ts';
import { DeltaCells } from './delta-cell.tsx';
import { DifferentRows, type ComparedRow } from './equal-rows.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { formatDuration, formatNoun } from '../../ui/format.ts';
import { operation } from '../../api/operation.ts';
import { PipelineRunState } from '../../ui/state.tsx';
import { SchemaChangeChip } from '../../details/schema-change-chip.tsx';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

type Pipeline = JobRunComparisonResponse['pipelines'][number];

interface ComparedPipelinesProps {
  pipelines: readonly Pipeline[];
  base: { number: number };
  target: { number: number };
}

const steps = [
  ['All steps', 'duration_ms'],
  ['Extract', 'extract_duration_ms'],
  ['Normalize', 'normalize_duration_ms'],
  ['Load', 'load_duration_ms'],
] as const;

const formatMs = (durationMs: number) => formatDuration(durationMs / 1000);

/** Step durations and schema changes of each pipeline in both runs. */
export function ComparedPipelines({ pipelines, base, target }: ComparedPipelinesProps) {
  return pipelines.map((pipeline) => (
    <Section
      key={pipeline.pipeline_name}
      title={`Pipeline ${pipeline.pipeline_name}`}
      aside={<BothStates pipeline={pipeline} />}
    >
      <div className={table.scroll}>
        <table className={`${table.table} ${classes.compared}`}>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" className="number">
                #{base.number}
              </th>
              <th scope="col" className="number">
                #{target.number}
              </th>
              <th scope="col" className="number">
                Difference
              </th>
            </tr>
          </thead>
          <tbody>
            <DifferentRows rows={listSteps(pipeline)} columnCount={4} />
          </tbody>
        </table>
      </div>
      <SchemaDifferences pipeline={pipeline} />
    </Section>
  ));
}

function listSteps(pipeline: Pipeline): ComparedRow[] {
  return steps.map(([word, key]) => {
    const [before, after] = [pipeline.before?.[key] ?? null, pipeline.after?.[key] ?? null];
    return {
      key,
      isEqual: areSimilarDurations(before, after),
      row: (
        <tr>
          <th scope="row">{word}</th>
          <DeltaCells label="duration" before={before} after={after} format={formatMs} />
        </tr>
      ),
    };
  });
}

function BothStates({ pipeline: { before, after } }: { pipeline: Pipeline }) {
  return (
    <span className={classes.states}>
      {before ? <PipelineRunState status={before.status} /> : <span className="quiet">did not run</span>}
      <span className="quiet">→</span>
      {after ? <PipelineRunState status={after.status} /> : <span className="quiet">did not run</span>}
    </span>
  );
}

/** Schemas that have different versions in the two runs. */
function SchemaDifferences({ pipeline }: { pipeline: Pipeline }) {
  const before = pipeline.before?.schemas ?? [];
  const changed = (pipeline.after?.schemas ?? []).flatMap(({ schema_name: name, version_hash: hash }) => {
    const base = before.find((each) => each.schema_name === name);
    return base === undefined || base.version_hash === hash
      ? []
      : [{ name, hash, baseHash: base.version_hash }];
  });
  if (changed.length === 0) {
    return before.length > 0 && pipeline.after ? <p className={classes.note}>No schema changes.</p> : null;
  }
  return changed.map((each) => (
    <SchemaDifference key={each.name} pipelineName={pipeline.pipeline_name} {...each} />
  ));
}

interface SchemaDifferenceProps {
  pipelineName: string;
  name: string;
  hash: string;
  baseHash: string;
}

function SchemaDifference({ pipelineName, name, hash, baseHash }: SchemaDifferenceProps) {
  const { params } = useWorkspace();
  const { data, error } = useQuery(
    operation('compare_schema_versions', {
      params: { ...params, pipeline_name: pipelineName, schema_name: name, version_hash: hash },
      query: { base_hash: baseHash },
    }),
  );
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return null;
  return (
    <div className={classes.schema}>
      <h3 className={classes.schemaTitle}>
        Schema {name}: {formatNoun(data.changes_total, 'change')}
      </h3>
      <div className={classes.chips}>
        {data.changes.map((change, index) => (
          <SchemaChangeChip key={index} change={change} schemaName={name} />
        ))}
      </div>
    </div>
  );
}
