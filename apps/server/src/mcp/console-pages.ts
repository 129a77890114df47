/** URLs of console pages that show the subject of a response. */
export type WorkspacePages = ReturnType<typeof pagesOfWorkspace>;

export function pagesOfWorkspace(origin: string, workspaceId: string) {
  const at = (path: string) => `${origin}/w/${workspaceId}${path}`;
  return {
    overview: at(''),
    jobs: at('/jobs'),
    runs: at('/runs'),
    pipelines: at('/pipelines'),
    datasets: at('/datasets'),
    usage: at('/settings/usage'),
    cost: at('/settings/cost'),
    job: (jobId: string) => at(`/jobs/${jobId}`),
    run: (jobRunId: string) => at(`/runs/${jobRunId}`),
    log: (jobRunId: string, line?: number) =>
      at(`/runs/${jobRunId}?tab=log${line === undefined ? '' : `&line=${line}`}`),
    comparison: (jobRunId: string, baseId?: string) =>
      at(`/runs/${jobRunId}/compare${baseId === undefined ? '' : `?base=${baseId}`}`),
    pipeline: (name: string, tab?: string) =>
      at(`/pipelines/${encodeURIComponent(name)}${tab === undefined ? '' : `?tab=${tab}`}`),
    dataset: (name: string) => at(`/datasets/${encodeURIComponent(name)}`),
  };
}
