import type { JobGraphResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './graph.module.css';
import edgeClasses from '../../graph/edge-legend.module.css';
import { EdgeLegend, jobEdges } from '../../graph/edge-legend.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { graphOfJob } from './job-queries.ts';
import { describeJobGraph, nodeSize, placeJobs, type PlacedJob } from './graph-layout.ts';
import { RunState } from '../../ui/state.tsx';
import { Section } from '../../ui/page.tsx';
import { useLayeredLayout } from '../../graph/use-layered-layout.ts';
import { useJob } from './use-job.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** All upstream and downstream jobs of a job, as a graph of links and as a list. */
export default function GraphTab() {
  const { workspaceId, jobId } = useJob();
  const { data, error, isPending, refetch } = useQuery(graphOfJob(workspaceId, jobId));
  if (isPending) return <LoadingRows />;
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data.edges.length === 0) {
    return (
      <Empty title="No dependencies">
        To run this job after another job, add a trigger such as <code>job.success:jobs.orders</code>.
      </Empty>
    );
  }
  return (
    <>
      <Section title="Graph" aside={<EdgeLegend kinds={jobEdges} edges={data.edges} />}>
        <GraphDrawing graph={data} workspaceId={workspaceId} jobId={jobId} />
        {data.is_truncated && <p className={classes.cut}>The graph is truncated: there are more jobs.</p>}
      </Section>
      <GraphAsText graph={data} />
    </>
  );
}

interface GraphDrawingProps {
  graph: JobGraphResponse;
  workspaceId: string;
  /** The job whose graph this is. */
  jobId: string;
}

function GraphDrawing({ graph, workspaceId, jobId }: GraphDrawingProps) {
  const layered = useLayeredLayout(describeJobGraph(graph));
  if (!layered) return <LoadingRows />;
  const layout = placeJobs(graph, layered);
  return (
    <div className={classes.scroll} tabIndex={0} role="group" aria-label="Job graph">
      <div className={classes.canvas} style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true" className={classes.edges}>
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="8"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" className={classes.arrow} />
            </marker>
          </defs>
          {layout.edges.map(({ edge, path }) => (
            <path
              key={`${edge.from_job_id} ${edge.to_job_id} ${edge.trigger}`}
              d={path}
              className={edgeClasses.edge}
              data-kind={edge.kind}
              markerEnd="url(#arrow)"
            />
          ))}
        </svg>
        {layout.jobs.map((position) => (
          <GraphNode
            key={position.job.id}
            workspaceId={workspaceId}
            position={position}
            isThis={position.job.id === jobId}
          />
        ))}
      </div>
    </div>
  );
}

interface GraphNodeProps {
  workspaceId: string;
  position: PlacedJob;
  isThis: boolean;
}

function GraphNode({ workspaceId, position: { job, x, y }, isThis }: GraphNodeProps) {
  const aside = job.is_archived ? 'archived' : job.is_paused ? 'paused' : (job.trigger_texts[0] ?? '');
  return (
    <Link
      to="/w/$workspaceId/jobs/$job"
      params={{ workspaceId, job: job.ref }}
      search={{ tab: 'graph' }}
      className={classes.node}
      style={{ left: x, top: y, width: nodeSize.width, height: nodeSize.height }}
      data-this={isThis}
      title={job.ref}
    >
      <span className={classes.nodeName}>
        {job.last_status !== null && <RunState status={job.last_status} compact />}
        <span className="cut">{shortenJobName(job.name)}</span>
      </span>
      <span className={`quiet cut ${classes.nodeAside}`}>{aside}</span>
    </Link>
  );
}

function GraphAsText({ graph: { nodes, edges } }: { graph: JobGraphResponse }) {
  const nameOf = new Map(nodes.map(({ id, name }) => [id, shortenJobName(name)]));
  return (
    <Section title="Dependencies">
      <ul className={classes.labels}>
        {edges.map((edge) => (
          <li key={`${edge.from_job_id} ${edge.to_job_id} ${edge.trigger}`}>
            <strong>{nameOf.get(edge.to_job_id)}</strong>{' '}
            {edge.kind === 'freshness'
              ? `waits ${edge.trigger_text.replace(/^when /, 'until ')}`
              : `starts ${edge.trigger_text}`}
          </li>
        ))}
      </ul>
    </Section>
  );
}
