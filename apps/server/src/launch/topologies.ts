import { resolve } from 'node:path';
import type { Environment } from '#kernel/base';
import type { Broker } from '#kernel/brokers';
import type { Needs } from '#kernel/local';
import { carriersOf, checkEnvironment, contractMap, readTopology, type Topology } from '#kernel/topology';
import { brokers } from '../brokers.js';
import { contextNames } from '../contexts.js';
import { bus, data, together } from '../local-services.js';

/** The topology of this file, whose contexts are all that there are. @throws WrongTopology */
export const topologyIn = (file: string): Promise<Topology> =>
  readTopology(file, { contexts: contextNames, carriers: brokers, contracts: contractMap() });

/** The kind of process that the environment names, or `process`. @throws WrongTopology where the environment lacks something */
export const processIn = (topology: Topology, environment: Environment, process?: string): string =>
  checkEnvironment(topology, environment, brokers, process);

/** The needs of all processes of a topology together. */
export const needsOf = (topology: Topology): Needs => together(data, bus, ...carriersOf(topology, brokers).map(needOf));

const needOf = ({ local }: Broker): Needs => ({ services: local ? [local] : [], secrets: {} });

/** The settings of the folders in which the transports of a topology find each other on this machine, where they are not set. */
export const foldersOf = (topology: Topology, environment: Environment, dataDir: string): Environment =>
  Object.fromEntries(
    carriersOf(topology, brokers).flatMap(({ folder }) =>
      folder && !environment[folder.setting] ? [[folder.setting, resolve(dataDir, folder.name)]] : [],
    ),
  );
