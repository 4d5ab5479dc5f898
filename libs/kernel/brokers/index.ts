export { Assigned } from './assigned.js';
export { type BusOptions, clientName, MAX_BYTES } from './bus-options.js';
export {
  type Attempt,
  PACKET,
  readAttempts,
  readReplies,
  type Reply,
  workingReply,
  writeAttempts,
} from './call-wire.js';
export { type Broker, certificatesIn, type TransportOptions } from './broker.js';
export { type Connecting, connectSplit, removeLogs } from './connect.js';
export type { ConnectedSplit } from './connected-split.js';
export { destinationsOf } from './destinations.js';
export { GuardedCalls } from './guarded-calls.js';
export { joinSplit } from './join-split.js';
export { MessagePacks } from './message-packs.js';
export { Packets } from './packets.js';
export { PartitionLoop } from './partition-loop.js';
export { portionsOf } from './portions.js';
export { Seal } from './seal.js';
export { Sealed } from './sealed.js';
export { type Handle, ServedCalls } from './served-calls.js';
export { takenAll } from './taking.js';
export { LONGEST_ATTEMPT_MS, type Waiting, WaitingCalls } from './waiting-calls.js';
