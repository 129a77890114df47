/** The job of dlt's dashboard, which dlt adds to the jobs of a workspace. */
const dashboardRef = 'jobs.workspace.dashboard';

interface DashboardApp {
  job_ref: string;
  category: string | null;
  is_archived: boolean;
}

/** dlt's dashboard, else the first dashboard that the workspace's code declares; undefined without one. */
export function findDashboard<App extends DashboardApp>(apps: readonly App[]): App | undefined {
  const active = apps.filter(({ is_archived: isArchived }) => !isArchived);
  return (
    active.find(({ job_ref: jobRef }) => jobRef === dashboardRef) ??
    active.find(({ category }) => category === 'dashboard')
  );
}
