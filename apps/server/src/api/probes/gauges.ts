/** A value of a gauge with its labels. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** Adds a gauge with its values to what `/metrics` shows. */
export type AddGauge = (name: string, help: string, samples: readonly Sample[]) => void;

/** The only value of a gauge without labels. */
export const one = (value: number): Sample[] => [{ labels: {}, value }];
