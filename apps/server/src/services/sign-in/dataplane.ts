/**
 * The only data plane: this server. The dlt client asks where a workspace runs; with Pumphouse, that is
 * always here.
 */
export const dataplaneId = 'local';

export const dataplanes = [
  {
    id: dataplaneId,
    name: 'This server',
    region: 'local',
    description: 'Runs on the machine of this Pumphouse server.',
  },
];
