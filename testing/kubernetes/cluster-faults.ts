/** Faults that tests cause in a cluster. Pods are those of the test namespace. */
export interface ClusterFaults {
  /**
   * Cuts all connections, rejects new ones for a moment, and serves again at the same address with the same
   * objects.
   * @param options.losesHistory watches from before the restart then get 410
   */
  restartApiServer(options?: { losesHistory?: boolean }): Promise<void>;
  /** Cuts the connections of all watches. Their clients may resume. */
  cutWatches(): Promise<void>;
  /** Makes older resource versions and continue tokens expire: watches and lists that use them get 410. */
  expireHistory(): Promise<void>;
  /** Delivers the events of watches this much later, in order. 0 ends it. */
  delayWatches(milliseconds: number): Promise<void>;
  /** Evicts a pod through the Eviction API. Resolves when the deletion has begun. */
  evictPod(name: string): Promise<void>;
  /** Lets the scheduler preempt a pod for one of higher priority. Resolves when the deletion has begun. */
  preemptPod(name: string): Promise<void>;
  /** Evicts a pod because its node lacks memory: it fails with the reason Evicted, and its object stays. */
  evictForNodeMemory(name: string): Promise<void>;
  /** Lets the node's kernel kill a container of a pod for memory: reason OOMKilled. */
  killForMemory(name: string): Promise<void>;
  /**
   * Cuts a node off: its pods keep running, it reports nothing. The node becomes NotReady and its pods are
   * deleted by the taint manager: they stay terminating until `removeNode` or `returnNode`.
   */
  loseNode(node?: string): Promise<void>;
  /** Reconnects a lost node, or adds a removed one again. Resolves when the node is Ready. */
  returnNode(node?: string): Promise<void>;
  /** Ends a lost node and removes its object. Its pods fail (DeletionByPodGC) and their objects go. */
  removeNode(node?: string): Promise<void>;
  /** Cordons a node and evicts its pods, as `kubectl drain`. Resolves when the evictions are accepted. */
  drainNode(node?: string): Promise<void>;
  /** Allows pods on a drained node again. */
  uncordonNode(node?: string): Promise<void>;
  /** Makes an image impossible to pull on all nodes: by default the image of runs. */
  removeImage(image?: string): Promise<void>;
  restoreImage(image?: string): Promise<void>;
  /** Sets a ResourceQuota of as many pods as the namespace has, so that the next create is refused. */
  fillQuota(): Promise<void>;
  freeQuota(): Promise<void>;
  /** Makes the next matching requests fail. */
  failNext(failure: RequestFailure): Promise<void>;
  /** Sets the clock that the cluster's timestamps come from: seconds ahead of this machine's. 0 ends it. */
  skewClock(seconds: number): Promise<void>;
}

export type FaultName = keyof ClusterFaults;

export interface RequestFailure {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Matches the path and query: /\/pods\?/ */
  path: RegExp;
  /**
   * An HTTP status, with the Status object that Kubernetes sends; 'reset' cuts the connection before the request
   * has an effect, 'answer-lost' cuts it after the request had its effect, 'silence' never responds.
   */
  failure: 429 | 500 | 503 | 504 | 401 | 403 | 404 | 409 | 'reset' | 'answer-lost' | 'silence';
  /** 1 unless set. */
  times?: number;
  /** Header of 429 and 503 */
  retryAfterSeconds?: number;
}
