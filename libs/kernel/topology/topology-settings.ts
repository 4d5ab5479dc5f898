import * as z from 'zod';
import { settings } from '#kernel/base';

/** The topology, the process's part in it, and the key by which processes trust each other. */
export class TopologySettings extends settings({
  CLEAVE_TOPOLOGY: {
    schema: z.string().optional(),
    doc: 'The topology file, as topologies/monolith.yaml. Unset: the monolith, everything in this process.',
  },
  CLEAVE_PROCESS: {
    schema: z.string().optional(),
    doc: 'Which process of the topology this one is. Need not be set where there is one alone.',
  },
  CLEAVE_BUS_KEY: {
    schema: z.string().min(32, 'must have 32 characters at least').optional(),
    doc: 'Signs what leaves the process: one secret of 32 characters or more for all processes, as from openssl rand -base64 32.\nIn production it must be set where calls or events are not local.',
  },
}) {}
