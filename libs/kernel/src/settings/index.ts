/** Settings and topology by themselves: light to load, for what runs before the kernel. */
export {
  type AnySettingsClass,
  checkSettings,
  commaSeparated,
  type Environment,
  integer,
  onOff,
  settings,
  type SettingsClass,
  settingsExample,
  WrongSettings,
} from './settings.js';
export { type Arrow, type ContractMap, contractMap } from '../topology/contract-map.js';
export { checkEnvironment } from '../topology/check-environment.js';
export { readTopology } from '../topology/read-topology.js';
export {
  type Known,
  monolith,
  type ProcessKind,
  type Topology,
  type TransportName,
  WrongTopology,
} from '../topology/topology.js';
export { TopologySettings } from '../topology/topology-settings.js';
