import type { AppOrigins } from './apps/app-addresses.ts';
import type { ArchiveLimits } from '../archives/inspect-archive.ts';
import type { Encryption } from '../platform/encryption.ts';
import type { EventSerializers } from './events/event-serializers.ts';
import type { Executor } from '../executors/executor.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { SignRead } from '../blobs/s3/signed-reads.ts';
import type { OutboundHttp } from '../outbound/outbound-http.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { OpenIdSettings } from './sign-in/open-id.ts';
import type { Passwords } from './sign-in/passwords.ts';
import type { Persistence } from '../store/store.ts';
import type { Playground } from './playground/playground.ts';
import type { PortRange } from '../domain/primitives/port-range.ts';
import type { PendingLimits } from '../domain/pipelines/pending-packages.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import type { RetentionPorts } from './retention/create-retention-services.ts';
import type { RunPorts } from './runs/create-run-services.ts';
import type { LineageSender } from '../openlineage/lineage-event.ts';
import type { SpanSender } from '../traces/span.ts';

/** The addresses of this server. They are functions because port 0 is resolved only once it listens. */
export interface ServerAddresses {
  /** Where users sign in. */
  serverUrl: () => string;
  /** Where user code reaches the API; read when a run begins. */
  apiUrl: () => string;
  appOrigins: () => AppOrigins;
}

/** The settings that services follow. */
export interface ServiceSettings {
  instanceSizes: InstanceSizes;
  archiveLimits: ArchiveLimits;
  /** Read at each use, because a running server may get others. */
  readRetention: () => RetentionLimits;
  /** Whether this server runs attempts, so that their local data is on its machine; true by default. */
  runsAttempts?: boolean;
  /** The defaults of the domain, if undefined. */
  pendingPackages?: PendingLimits;
  /** Null if no provider is configured. */
  openId: OpenIdSettings | null;
  /** The ports of apps; null if apps use host names. */
  appPorts: PortRange | null;
  /** Where events for PagerDuty go; null for its service regions. */
  pagerDutyUrl: string | null;
  /** How often to check that subscribers to events still have access; 30 s by default. */
  streamCheckMs?: number;
  /** How long incidents of one alert rule are gathered into one message; 15 s by default. */
  alertGatherMs?: number;
  /** Idle time of an event stream before a keep-alive message is sent; 15 s by default. */
  streamIdleMs?: number;
}

/** Everything that services need from outside. Servers, fixtures and the simulation differ only in these. */
export interface ServicePorts extends RunPorts, Omit<RetentionPorts, 'pendingLimits'> {
  persistence: Persistence;
  encryption: Encryption;
  executor: Executor;
  passwords: Passwords;
  /** Null if no mail server is configured. */
  mailer: Mailer | null;
  /** Sends requests to addresses that users chose. */
  outbound: OutboundHttp;
  /** Converts records to the data of events. */
  eventSerializers: EventSerializers;
  /** Absent: attempts read all archives through the server. */
  signRead?: SignRead | null;
  /** Absent: runs have no playground. */
  playground?: Playground | null;
  addresses: ServerAddresses;
  settings: ServiceSettings;
  /** Absent: instruments of its own, which no one reads. */
  instruments?: Instruments;
  /** Absent or null: no traces are sent. */
  traces?: SpanSender | null;
  /** Absent or null: no lineage events are sent. */
  lineage?: LineageSender | null;
}
