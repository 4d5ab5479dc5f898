export { checkEnvironment } from './check-environment.js';
export { type Arrow, contractMap, type ContractMap } from './contract-map.js';
export { readHost } from './host.js';
export { readTopology } from './read-topology.js';
export { TopologySettings } from './topology-settings.js';
export {
  type Carrier,
  carriersOf,
  type Known,
  monolith,
  type ProcessKind,
  type Topology,
  type TransportName,
  WrongTopology,
} from './topology.js';
