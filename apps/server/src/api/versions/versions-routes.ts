import type { CompareVersions } from '../../services/versions/compare-versions.ts';
import type { Handlers } from '../handler.ts';
import type { RollBack } from '../../services/versions/roll-back.ts';
import { toConfiguration, toDeployment } from './packages-serializers.ts';
import {
  toCodeFileComparison,
  toConfigurationComparison,
  toConfigurationFileComparison,
  toDeploymentComparison,
} from './comparisons-serializers.ts';
import { workspaceOf } from '../handler.ts';

type Operations =
  | 'compare_deployments'
  | 'compare_deployment_file'
  | 'roll_back_deployment'
  | 'compare_configurations'
  | 'compare_configuration_file'
  | 'roll_back_configuration';

/** Handlers that compare versions of code and configuration, and roll back to an older one. */
export function createVersionHandlers(services: {
  compareVersions: CompareVersions;
  rollBack: RollBack;
}): Pick<Handlers, Operations> {
  const { compareVersions, rollBack } = services;
  return {
    async compare_deployments({ params, query }) {
      const pair = pairOf(params.workspace_id, params.deployment_id, query);
      return toDeploymentComparison(await compareVersions.deployments(pair), query);
    },

    async compare_deployment_file({ params, query }) {
      const pair = pairOf(params.workspace_id, params.deployment_id, query);
      return toCodeFileComparison(await compareVersions.deploymentFile(pair, query.path));
    },

    async roll_back_deployment(call) {
      const request = { ...workspaceOf(call), versionId: call.params.deployment_id };
      return toDeployment(await rollBack.deployment(request));
    },

    async compare_configurations({ params, query }) {
      const pair = pairOf(params.workspace_id, params.configuration_id, query);
      return toConfigurationComparison(await compareVersions.configurations(pair), query);
    },

    async compare_configuration_file({ params, query }) {
      const pair = pairOf(params.workspace_id, params.configuration_id, query);
      return toConfigurationFileComparison(await compareVersions.configurationFile(pair, query.path));
    },

    async roll_back_configuration(call) {
      const request = { ...workspaceOf(call), versionId: call.params.configuration_id };
      return toConfiguration(await rollBack.configuration(request));
    },
  };
}

function pairOf(workspaceId: string, targetId: string, query: { base_id?: string | undefined }) {
  return { workspaceId, targetId, baseId: query.base_id ?? null };
}
