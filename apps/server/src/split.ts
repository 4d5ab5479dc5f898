import { type Broker, type ConnectedSplit, type Connecting, connectSplit } from '#kernel/brokers';
import { carriersOf, type Topology } from '#kernel/topology';
import { brokers } from './brokers.js';

/** The brokers that a topology names. */
export const brokersOf = (topology: Topology): Broker[] => carriersOf(topology, brokers);

/** Connects this process with those that run the other contexts. Undefined where no message leaves the process. */
export const connect = (connecting: Omit<Connecting, 'brokers'>): Promise<ConnectedSplit | undefined> =>
  connectSplit({ ...connecting, brokers });

export { joinSplit } from '#kernel/brokers';
