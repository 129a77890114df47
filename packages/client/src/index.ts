export * from './api-error.ts';
export * from './client.ts';
export * from './control-sequences.ts';
export * from './pipeline-failure.ts';
export * from './schema-change.ts';
export * from './traceback.ts';
