/** The fields of a pod that the fixture reads. */
export interface KubePod {
  metadata: { name: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: { phase?: string; reason?: string; containerStatuses?: { containerID?: string }[] };
}

/** The fields of a node that the fixture reads. */
export interface KubeNode {
  spec: { taints?: { key: string; effect: string }[] };
  status: { conditions?: { type: string; status: string }[] };
}
