import { readFile } from 'node:fs/promises';
import { type Known, type Topology, WrongTopology } from './topology.js';

/** Reads a topology file. @throws WrongTopology with all that is wrong in it, each with its line and the remedy */
export async function readTopology(file: string, known: Known): Promise<Topology> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new WrongTopology([`${file}: ${why}; a topology is a YAML file, as topologies/monolith.yaml`]);
  });
  const { topologyOf } = await import('./topology-file.js'); // and the parser of YAML, which a monolith does without
  return topologyOf(file, text, known);
}
