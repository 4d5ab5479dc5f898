import type { Topology } from '#kernel/settings';
import type { Need } from '../local/local-services.js';

/** What all processes of a topology together stand on. */
export const needsOf = ({ calls, events }: Topology): Need[] => [
  'data',
  'bus',
  ...new Set([calls, events].filter((transport) => transport !== 'local')),
];
