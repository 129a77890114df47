/** The clock of the cluster, which a fault can set ahead or back. */
export interface ClusterClock {
  skewSeconds: number;
  now(): Date;
}

export function createClusterClock(): ClusterClock {
  return {
    skewSeconds: 0,
    now() {
      return new Date(Date.now() + this.skewSeconds * 1000);
    },
  };
}

/** A time as Kubernetes writes it: whole seconds. */
export const toTimestamp = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;

export const addSeconds = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1000);
