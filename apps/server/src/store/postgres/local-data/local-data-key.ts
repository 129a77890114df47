/** Local data of one workspace and profile. */
export interface LocalDataKey {
  workspaceId: string;
  profile: string;
}
