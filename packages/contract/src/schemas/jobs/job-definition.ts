import { z } from 'zod';
import { namedEnum, timestamp, verbatimObject } from '../primitives.ts';

export const jobType = namedEnum('JobType', ['batch', 'interactive', 'stream']);
export type JobType = z.output<typeof jobType>;

export const jobCategory = namedEnum('JobCategory', [
  'background_agent',
  'dashboard',
  'mcp',
  'notebook',
  'pipeline',
]);
export type JobCategory = z.output<typeof jobCategory>;

export const agentDefinition = verbatimObject('TAgentDefinition', {
  engine_version: z.int(),
  name: z.string(),
  agent_file: z.string().optional(),
  description: z.string().optional(),
  instructions: z.string().optional(),
  model: z.string().optional(),
  rules: z.array(z.string()).optional(),
  skills: z.array(z.string()).optional(),
  tools: z.array(z.string()).optional(),
});
export type AgentDefinition = z.output<typeof agentDefinition>;

export const deliverSpec = verbatimObject('TDeliverSpec', {
  deadline: z.string().optional(),
  pipeline_name: z.string().optional(),
  source_ref: z.string().optional(),
});
export type DeliverSpec = z.output<typeof deliverSpec>;

export const entryPoint = verbatimObject('TEntryPoint', {
  function: z.string().nullable(),
  job_type: jobType,
  launcher: z.string(),
  module: z.string(),
});
export type EntryPoint = z.output<typeof entryPoint>;

export const timeoutSpec = verbatimObject('TTimeoutSpec', {
  grace_period: z.number().optional(),
  timeout: z.number().optional(),
});
export type TimeoutSpec = z.output<typeof timeoutSpec>;

export const executeSpec = verbatimObject('TExecuteSpec', {
  concurrency: z.int().nullish(),
  intercept_signals: z.boolean().optional(),
  timeout: timeoutSpec.nullish(),
});
export type ExecuteSpec = z.output<typeof executeSpec>;

/** When a run of a batch job is stopped whose `execute` says nothing. */
export const usualBatchTimeoutSeconds = 120 * 60;

export const exposeSpecInterface = namedEnum('TExposeSpecInterface', ['gui', 'mcp', 'rest_api']);
export type ExposeSpecInterface = z.output<typeof exposeSpecInterface>;

export const jobObjectInputEntityType = namedEnum('TJobObjectInputEntityTypeType0', [
  'dataset',
  'job',
  'job-runs',
  'pipeline',
  'workspace',
]);
export type JobObjectInputEntityType = z.output<typeof jobObjectInputEntityType>;

export const jobObjectInput = verbatimObject('TJobObjectInput', {
  entity_type: z.union([jobObjectInputEntityType, z.literal('job-run')]),
  input: z.string(),
});
export type JobObjectInput = z.output<typeof jobObjectInput>;

export const exposeSpec = verbatimObject('TExposeSpec', {
  category: jobCategory.optional(),
  display_name: z.string().optional(),
  interface: exposeSpecInterface.optional(),
  manual: z.boolean().optional(),
  object_input: jobObjectInput.optional(),
  starred: z.boolean().optional(),
  tags: z.union([z.array(z.string()), z.string()]).optional(),
});
export type ExposeSpec = z.output<typeof exposeSpec>;

export const intervalSpecMode = namedEnum('TIntervalSpecMode', ['parallel', 'sequential']);
export type IntervalSpecMode = z.output<typeof intervalSpecMode>;

export const intervalSpec = verbatimObject('TIntervalSpec', {
  start: z.union([timestamp, z.string()]),
  end: z.union([timestamp, z.string()]).optional(),
  mode: intervalSpecMode.optional(),
});
export type IntervalSpec = z.output<typeof intervalSpec>;

export const autoRefreshPipelineMode = namedEnum('TJobDefinitionAutoRefreshPipelineMode', [
  'drop_data',
  'drop_resources',
  'drop_sources',
]);
export type AutoRefreshPipelineMode = z.output<typeof autoRefreshPipelineMode>;

export const incrementalMode = namedEnum('TJobDefinitionIncrementalMode', ['interval', 'pipeline']);
export type IncrementalMode = z.output<typeof incrementalMode>;

export const refreshPropagation = namedEnum('TJobDefinitionRefreshPropagation', ['always', 'auto', 'block']);
export type RefreshPropagation = z.output<typeof refreshPropagation>;

export const requireSpec = verbatimObject('TRequireSpec', {
  dependency_groups: z.array(z.string()).optional(),
  instance: z.record(z.string(), z.unknown()).optional(),
  profile: z.string().optional(),
  provider: z.string().optional(),
  region: z.string().optional(),
  static_egress_ips: z.boolean().optional(),
  timezone: z.string().optional(),
});
export type RequireSpec = z.output<typeof requireSpec>;

export const workspaceAccessContextItem = namedEnum('TWorkspaceAccessContextItem', [
  'all',
  'deploy',
  'execute',
  'read',
  'write',
]);
export type WorkspaceAccessContextItem = z.output<typeof workspaceAccessContextItem>;

export const workspaceAccessDataItem = namedEnum('TWorkspaceAccessDataItem', ['all', 'read', 'write']);
export type WorkspaceAccessDataItem = z.output<typeof workspaceAccessDataItem>;

export const workspaceAccessLocalItem = namedEnum('TWorkspaceAccessLocalItem', [
  'all',
  'execute',
  'network',
  'read',
  'write',
]);
export type WorkspaceAccessLocalItem = z.output<typeof workspaceAccessLocalItem>;

export const workspaceAccess = verbatimObject('TWorkspaceAccess', {
  context: z.array(workspaceAccessContextItem).optional(),
  data: z.array(workspaceAccessDataItem).optional(),
  local: z.array(workspaceAccessLocalItem).optional(),
});
export type WorkspaceAccess = z.output<typeof workspaceAccess>;

/**
 * A job as described by dlt's manifest (engine 2, dlt 1.31). Unknown properties are kept, and absent
 * properties stay absent: the dlthub client decodes definitions strictly, so `"interval": null` would make it
 * fail.
 */
export const jobDefinition = verbatimObject('TJobDefinition', {
  engine_version: z.int(),
  entry_point: entryPoint,
  execute: executeSpec,
  job_ref: z.string(),
  triggers: z.array(z.string()),
  access: workspaceAccess.optional(),
  agent: agentDefinition.optional(),
  auto_refresh_pipeline_mode: autoRefreshPipelineMode.optional(),
  config_keys: z.array(z.string()).optional(),
  default_trigger: z.string().optional(),
  deliver: deliverSpec.optional(),
  description: z.string().optional(),
  expose: exposeSpec.optional(),
  freshness: z.array(z.string()).optional(),
  incremental_mode: incrementalMode.optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  interval: intervalSpec.optional(),
  output: z.record(z.string(), z.unknown()).optional(),
  refresh_propagation: refreshPropagation.optional(),
  require: requireSpec.optional(),
});
export type JobDefinition = z.output<typeof jobDefinition>;
