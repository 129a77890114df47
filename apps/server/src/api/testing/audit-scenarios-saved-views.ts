import type { Scenario, Scenarios, Scene } from './audit-scene.ts';

const body = { page: 'runs', name: 'Failures', search: 'status=failed' };

async function addView({ api, workspace, owner }: Scene): Promise<string> {
  const response = await api.app.inject({
    method: 'POST',
    url: `/pumphouse/v1/workspaces/${workspace.id}/saved-views`,
    headers: { authorization: `Bearer ${owner.key}` },
    payload: body,
  });
  return response.json<{ id: string }>().id;
}

/** Saves a view and puts its id into the path. */
const ofView = (payload?: object): Pick<Scenario, 'prepare'> => ({
  prepare: async (scene) => ({
    params: { saved_view_id: await addView(scene) },
    ...(payload && { payload }),
  }),
});

/** Scenarios for saved views. */
export const savedViewScenarios: Scenarios = {
  create_saved_view: { action: 'saved-view.create', prepare: () => ({ payload: body }) },
  update_saved_view: { action: 'saved-view.update', ...ofView({ name: 'Other', is_shared: true }) },
  delete_saved_view: { action: 'saved-view.delete', ...ofView() },
};
