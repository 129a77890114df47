import { shortInstallation } from './names.ts';

/** Paths in the claim, relative to its root. */
export function planVolumePaths(installationId: string) {
  const root = shortInstallation(installationId);
  return {
    root,
    environments: `${root}/environments`,
    environment: (path: string) => `${root}/environments/${path}`,
    cache: (organizationId: string, workspaceId: string, uid: number) =>
      `${root}/caches/${organizationId}/${workspaceId}-${uid}`,
    localData: (workspaceId: string, profile: string) => `${root}/local-data/${workspaceId}/${profile}`,
    copy: (attemptId: string, uid: number) => `${root}/copies/${attemptId}-${uid}`,
  };
}
