import type { ClusterFaults, FaultName } from './cluster-faults.ts';

/** A cluster for tests: the real one (`real/`) or the in-process one (`in-process/`). */
export interface TestCluster {
  /**
   * The fields of a kubeconfig. The token belongs to the server's service account, which has exactly the rules
   * of `server-role.ts`. The namespace enforces the Pod Security level `restricted`.
   */
  connection: ClusterConnection;
  /** Only for tests: its bearer may do everything. */
  adminToken: string;
  /** The address under which pods reach a port of this machine; listen on it or on 0.0.0.0. */
  hostAddressForPods: string;
  /** The image for runs, present on every node: Python 3.11 or newer, uv and CA certificates. */
  image: string;
  /** Name of a persistent volume claim (ReadWriteMany) in the namespace. */
  volumeClaim: string;
  /** Whether this process can connect to the addresses of pods. */
  reachesPods: boolean;
  /** Names of the nodes. */
  nodes: string[];
  /** What differs between the clusters. A test that needs more calls `skipIf`. */
  capabilities: ClusterCapabilities;
  faults: ClusterFaults;
  /** Removes the cluster with its pods and files. */
  remove(): Promise<void>;
}

export interface ClusterConnection {
  /** Without a slash at the end: "https://127.0.0.1:40123" */
  apiUrl: string;
  /** PEM */
  caCertificate: string;
  token: string;
  namespace: string;
}

interface ClusterCapabilities {
  /** Pods get the condition DisruptionTarget, which Kubernetes has since 1.26. */
  disruptionTarget: boolean;
  /** The namespace's Pod Security level is enforced, which Kubernetes does since 1.23. */
  podSecurity: boolean;
  /** NetworkPolicies are enforced between pods, not just stored. */
  networkPolicies: boolean;
  /** Pods run as containers. Without it they only change their states. */
  containers: boolean;
  /** The faults that this cluster can produce. Any other rejects with an error. */
  faults: ReadonlySet<FaultName>;
}
