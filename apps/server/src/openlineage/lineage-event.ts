/** The part of the OpenLineage standard, version 2-0-2, that the server uses. Optional fields are left out, not null. */

export interface LineageEvent {
  eventType: 'START' | 'COMPLETE' | 'FAIL' | 'ABORT';
  /** UTC, ISO 8601. */
  eventTime: string;
  producer: string;
  schemaURL: string;
  run: { runId: string; facets: Record<string, Facet> };
  job: { namespace: string; name: string; facets: Record<string, Facet> };
  inputs: [];
  outputs: OutputDataset[];
}

export interface OutputDataset {
  namespace: string;
  name: string;
  facets: Record<string, Facet>;
  outputFacets: Record<string, Facet>;
}

/** A facet with the schema that it follows. */
export interface Facet {
  _producer: string;
  _schemaURL: string;
  [field: string]: unknown;
}

/** Sends events to a receiver or a file. One that does not accept them delays no run and fails none. */
export interface LineageSender {
  /** The namespace of all jobs and datasets, without the workspace. */
  namespace: string;
  /** Resolves when the events are accepted or given up, or after a short time in any case. */
  send(events: readonly LineageEvent[]): Promise<void>;
  /** Sends what is left, for a short time. */
  close(): Promise<void>;
}

/** Rejects if the event was not accepted, after retries. */
export type SendEvent = (event: LineageEvent) => Promise<void>;

/** Identifies the program that wrote an event. */
const producer = 'urn:pumphouse:server';
const specification = 'https://openlineage.io/spec';

/** The versions of the facets, as the standard has them with version 2-0-2 of events. */
const facetVersions = {
  ParentRunFacet: '1-2-0',
  NominalTimeRunFacet: '1-0-1',
  ErrorMessageRunFacet: '1-0-1',
  ProcessingEngineRunFacet: '1-1-1',
  TagsRunFacet: '1-0-0',
  TagsJobFacet: '1-0-0',
  JobTypeJobFacet: '2-0-4',
  DocumentationJobFacet: '1-1-0',
  SchemaDatasetFacet: '1-2-0',
  LifecycleStateChangeDatasetFacet: '1-0-1',
  OutputStatisticsOutputDatasetFacet: '1-0-2',
} as const;

/** Creates a facet of the standard. */
export function facetOf(kind: keyof typeof facetVersions, fields: Record<string, unknown>): Facet {
  return {
    _producer: producer,
    _schemaURL: `${specification}/facets/${facetVersions[kind]}/${kind}.json#/$defs/${kind}`,
    ...fields,
  };
}

/** Creates an event from what is particular to it. */
export function eventOf(event: Omit<LineageEvent, 'producer' | 'schemaURL' | 'inputs'>): LineageEvent {
  return {
    ...event,
    producer,
    schemaURL: `${specification}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    // dlt does not report what it reads.
    inputs: [],
  };
}
