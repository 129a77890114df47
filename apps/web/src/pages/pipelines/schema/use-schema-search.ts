import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { pipelineSchemas, schemaVersions, type SchemaScope } from '../../../data/data-queries.ts';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/** Schema, version and table selected in the URL, with a setter. */
export function useSchemaSearch(pipelineName: string) {
  const { id: workspaceId } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/pipelines/$pipelineName' });
  const navigate = useNavigate({ from: '/w/$workspaceId/pipelines/$pipelineName' });
  const schemas = useQuery(pipelineSchemas(workspaceId, pipelineName));
  const known = schemas.data?.schemas ?? [];
  const schema = known.find((each) => each.schema_name === search.schema) ?? known[0];
  const scope: SchemaScope = { workspaceId, pipelineName, schemaName: schema?.schema_name ?? '' };
  const versions = useInfiniteQuery({ ...schemaVersions(scope), enabled: schema !== undefined });
  return {
    search,
    schemas,
    names: known.map((each) => each.schema_name),
    /** Undefined until the schemas are loaded, and if the pipeline reported none. */
    schema,
    scope,
    versions,
    choose: (part: Partial<typeof search>) =>
      void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false }),
  };
}
